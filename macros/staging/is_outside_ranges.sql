{# A condition: an instant lies in none of the ranges (time_from, time_to, both included) of a relation. #}
{% macro is_outside_ranges(instant, ranges) %}{{ return(adapter.dispatch('is_outside_ranges')(instant, ranges)) }}{% endmacro %}

{# One value, known before the first row is looked at, so that a walk by an index stays one. #}
{% macro postgres__is_outside_ranges(instant, ranges) -%}
    not {{ instant }} <@ (
            select coalesce(range_agg(tstzrange(time_from, time_to, '[]')), '{}') from {{ ranges }}
        )
{%- endmacro %}

{% macro spark__is_outside_ranges(instant, ranges) -%}
    not exists (
            select 1 from {{ ranges }} as ranges
            where ranges.time_from <= {{ instant }} and ranges.time_to >= {{ instant }}
        )
{%- endmacro %}
