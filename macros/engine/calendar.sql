{# A select of `feature_time`: the midnights UTC that begin each day, week (Monday) or month, from the first one
   after `first_ts` to the first one after `last_ts`. `relation` is one row that has both columns.
   `starts_at`, `ends_at` (ISO dates, inclusive) replace the ends. #}
{% macro calendar(relation, every, first_ts, last_ts, starts_at=none, ends_at=none) -%}
    {%- do require_one_of('feature_times: every', every, ['day', 'week', 'month']) -%}
    {{ return(adapter.dispatch('calendar')(relation, every, first_ts, last_ts, starts_at, ends_at)) }}
{%- endmacro %}

{% macro postgres__calendar(relation, every, first_ts, last_ts, starts_at, ends_at) -%}
    {%- set step = "interval '1 " ~ every ~ "'" -%}
    {%- set first = utc_midnight(starts_at) if starts_at else first_ts ~ " at time zone 'UTC'" -%}
    {%- set last = utc_midnight(ends_at) if ends_at else last_ts ~ " at time zone 'UTC'" -%}
    select boundary at time zone 'UTC' as feature_time
    from {{ relation }}
    cross join lateral generate_series(
        date_trunc('{{ every }}', {{ first }}),
        date_trunc('{{ every }}', {{ last }}){{ '' if ends_at else ' + ' ~ step }},
        {{ step }}
    ) as boundaries (boundary)
    where boundary {{ '>=' if starts_at else '>' }} {{ first }}
{%- endmacro %}

{% macro utc_midnight(date) %}timestamp '{{ date }}'{% endmacro %}

{% macro spark__calendar(relation, every, first_ts, last_ts, starts_at, ends_at) -%}
    {%- set first = utc_midnight(starts_at) if starts_at else first_ts -%}
    {%- set last = utc_midnight(ends_at) if ends_at else last_ts -%}
    {%- set step = 'interval 1 ' ~ every -%}
    select feature_time
    from (
        select {{ first }} as first_instant, explode(case when begins <= ends then sequence(begins, ends, {{ step }}) end) as feature_time
        from (
            select
                *,
                date_trunc('{{ every }}', {{ first }}) as begins,
                date_trunc('{{ every }}', {{ last }}){{ '' if ends_at else ' + ' ~ step }} as ends
            from {{ relation }}
        ) as ends_of
    ) as boundaries
    where feature_time {{ '>=' if starts_at else '>' }} first_instant
{%- endmacro %}
