{# numerator / denominator, rounded half away from zero to 6 decimals; null where either is, or the denominator is 0. Both have
   at most 6 decimals. #}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('exact_ratio')(numerator, denominator)) }}
{%- endmacro %}

{# A numeric division would round a first time on its own; div, of whole quotients, does not round. #}
{% macro postgres__exact_ratio(numerator, denominator) -%}
    {%- set n = 'cast(' ~ numerator ~ ' as numeric)' -%}
    {%- set d = 'cast(' ~ denominator ~ ' as numeric)' -%}
    cast(
        sign({{ n }}) * sign({{ d }}) * div(2000000 * abs({{ n }}) + abs({{ d }}), nullif(2 * abs({{ d }}), 0)) * 0.000001
        as numeric(38, 6)
    )
{%- endmacro %}

{# Spark divides these types to 38 decimals, without rounding, before it rounds to 6. #}
{% macro spark__exact_ratio(numerator, denominator) -%}
    case when {{ numerator }} is not null and {{ denominator }} <> 0 then
        {{ or_overflow('cast(' ~ numerator ~ ' as decimal(38, 6)) / cast(' ~ denominator ~ ' as decimal(38, 6))') }}
    end
{%- endmacro %}
