{# One row when no value lies in the interval up to now; values in the future do not count. A table without rows has
   no recent data, and so fails: as in the published package its latest value is that of 1970-01-01. #}
{% test expect_row_values_to_have_recent_data(model, column_name, datepart, interval, row_condition=None) %}
{%- set test = "expect_row_values_to_have_recent_data" -%}
{%- set parts = ["second", "minute", "hour", "day", "week", "month", "year"] -%}
{%- set part = (datepart | string | lower).removesuffix("s") -%}
{%- do dbt_expectations._check_choice(test, "datepart", part, parts) -%}
{%- do dbt_expectations._check_count(test, "interval", interval) -%}
{%- set value = "cast(" ~ column_name ~ " as " ~ dbt.type_timestamp() ~ ")" -%}
{%- set since = dbt.dateadd(part, -interval, "checked_at") | trim -%}
{%- set now = adapter.dispatch("local_now", "dbt_expectations")(column_name) | trim -%}
with checked_rows as (
    select
        {{ value }} as event_time,
        {{ now }} as checked_at
    from {{ model }}
    {%- if row_condition %}
    where {{ row_condition }}
    {%- endif %}
)

select max(case when event_time <= checked_at then event_time end) as latest_time
from checked_rows
having
    count(case when event_time between {{ since }} and checked_at then 1 end) = 0
    and (
        count(case when event_time <= checked_at then 1 end) > 0
        or cast({{ dbt.dateadd(part, -interval, dbt.current_timestamp()) | trim }} as {{ dbt.type_timestamp() }})
        > cast('1970-01-01' as {{ dbt.type_timestamp() }})
    )
{% endtest %}

{# Times are compared without their zone. The variable is the one that the published package asks for. #}
{% macro default__local_now(column_name) %}
{{ dbt.current_timestamp() }}
{% endmacro %}

{# A cast takes times with a zone to the session's zone; times without one are in the project's. #}
{% macro postgres__local_now(column_name) %}
case
            when pg_typeof({{ column_name }}) = 'timestamp with time zone'::regtype then localtimestamp
            else current_timestamp at time zone {{ dbt_expectations._text_literal(var("dbt_date:time_zone", "UTC")) }}
        end
{% endmacro %}
