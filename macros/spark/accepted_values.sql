{# dbt's own test, in which a number is one: here `in` makes a text of it, and 10.500000 is not 10.5 then. #}
{% macro spark__test_accepted_values(model, column_name, values, quote=True) %}
with all_values as (
    select
        {{ column_name }} as value_field,
        count(*) as n_records
    from {{ model }}
    group by {{ column_name }}
)

select *
from all_values
where value_field is not null
    {%- for value in values %}
    and value_field <> {{ quote_literal(value | string) if quote else value }}
    {%- endfor %}
{% endmacro %}
