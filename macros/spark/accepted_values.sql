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
where value_field {{ is_none_of('value_field', values, quote) }}
{% endmacro %}

{# What follows the name of a column that has another value than these. #}
{% macro is_none_of(column, values, quote) -%}
    is not null
    {%- for value in values %}
    and {{ column }} <> {{ quote_literal(value | string) if quote else value }}
    {%- endfor %}
{%- endmacro %}

{% macro spark__condition_on_values(arguments, condition) %}
    {% set column = arguments.column_name %}
    {% do return(column ~ ' ' ~ is_none_of(column, rendered_argument(arguments['values']), arguments.get('quote', true))) %}
{% endmacro %}
