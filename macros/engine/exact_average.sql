{# sum / count, rounded half up to 6 decimals; null where count is 0. Each value has at most 6 decimals. #}
{% macro exact_average(sum, count) %}{{ return(adapter.dispatch('exact_average')(sum, count)) }}{% endmacro %}

{# With fewer decimals than these 20, a numeric division would round a first time on its own, and to whole numbers
   where those are large. With 20 it errs by less than 1/(2 count) millionths, which is how far a quotient lies from
   a half at least: so the second rounding is right. #}
{% macro postgres__exact_average(sum, count) -%}
    cast(
        case {{ count }}
            when 0 then null
            when 1 then {{ sum }}
            else round(cast({{ sum }} as numeric(58, 20)) / {{ count }}, 6)
        end as numeric(38, 6)
    )
{%- endmacro %}

{# The quotient has 16 decimals: enough by the same reasoning for up to 10^10 rows. #}
{% macro spark__exact_average(sum, count) -%}
    {%- set quotient = 'round(cast(' ~ sum ~ ' as decimal(38, 6)) / cast(' ~ count ~ ' as decimal(20, 0)), 6)' -%}
    case when {{ count }} > 0 then cast({{ or_overflow(quotient) }} as decimal(38, 6)) end
{%- endmacro %}

{# Outside ANSI mode what passes 38 digits is null in Spark; better no result than a wrong one. #}
{% macro or_overflow(expression) -%}
    coalesce({{ expression }}, raise_error('a sum, an average or a ratio has more digits than the 38 that Spark counts with'))
{%- endmacro %}
