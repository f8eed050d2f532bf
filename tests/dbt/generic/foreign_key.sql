{# The rows whose value the other model lacks. They are no failure while their share of the rows that have a value is
   at most max_share: the query lists them all the same. #}
{% test foreign_key(model, column_name, to, field, max_share=0) %}
{%- if max_share is not number or max_share is boolean or not 0 <= max_share < 1 -%}
    {%- do exceptions.raise_compiler_error(
        "foreign_key: max_share must be a number from 0 up to, but not including, 1; got " ~ max_share | tojson
    ) -%}
{%- endif -%}
{{ config(fail_calc="case when count(*) > " ~ max_share ~ " * max(rows_checked) then count(*) else 0 end") }}
with checked_rows as (
    select *
    from {{ model }}
    where {{ column_name }} is not null
)

select
    checked_rows.*,
    (select count(*) from {{ model }} where {{ column_name }} is not null) as rows_checked
from checked_rows
where not exists (
    select 1
    from {{ to }} as parent_rows
    where parent_rows.{{ field }} = checked_rows.{{ column_name }}
)
{% endtest %}
