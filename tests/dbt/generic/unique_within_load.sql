{# Every row of a load that repeats a value of an earlier line. The same value in two loads is a newer delivery, and
   no failure. #}
{% test unique_within_load(model, column_name) %}
with checked_rows as (
    select *
    from {{ model }}
    where {{ column_name }} is not null
),

numbered_rows as (
    select
        checked_rows.*,
        row_number() over (partition by load_id, {{ column_name }} order by line_number) as copy_number
    from checked_rows
)

select *
from numbered_rows
where copy_number > 1
{% endtest %}
