{# Every row beyond the first of its key, with all its columns and its number among the copies. Nulls are equal to
   each other here. Two rows of one key are one failure, and so are three: count the second copies. #}
{% macro _surplus_rows(model, columns, conditions) %}
{%- set key = columns | join(", ") -%}
with checked_rows as (
    select *
    from {{ model }}
    where {{ conditions | join(" and ") }}
),

numbered_rows as (
    select
        checked_rows.*,
        row_number() over (partition by {{ key }} order by {{ key }}) as copy_number
    from checked_rows
)

select *
from numbered_rows
where copy_number > 1
{% endmacro %}

{% macro _duplicated_keys() %}
    {%- do return("count(case when copy_number = 2 then 1 end)") -%}
{% endmacro %}
