{# numerator / denominator, rounded half away from zero to 6 decimals; null where either is, or the denominator is 0. Both have
   at most 6 decimals. #}
{% macro exact_ratio(numerator, denominator) %}{{ return(adapter.dispatch('exact_ratio')(numerator, denominator)) }}{% endmacro %}

{# A numeric division would round a first time on its own; div, of whole quotients, does not round. #}
{% macro postgres__exact_ratio(numerator, denominator) -%}
    {%- set n = 'cast(' ~ numerator ~ ' as numeric)' -%}
    {%- set d = 'cast(' ~ denominator ~ ' as numeric)' -%}
    cast(
        sign({{ n }}) * sign({{ d }}) * div(2000000 * abs({{ n }}) + abs({{ d }}), nullif(2 * abs({{ d }}), 0)) * 0.000001
        as numeric(38, 6)
    )
{%- endmacro %}

{# The whole part, which a division gives exactly, and the millionths of the rest. A ratio of over 20 digits before the point
   raises. #}
{% macro spark__exact_ratio(numerator, denominator) -%}
    {%- set n = 'abs(cast(' ~ numerator ~ ' as decimal(38, 6)))' -%}
    {%- set d = 'abs(cast(' ~ denominator ~ ' as decimal(38, 6)))' -%}
    {%- set whole = 'cast((' ~ n ~ ' - ' ~ n ~ ' % ' ~ d ~ ') / ' ~ d ~ ' as decimal(26, 6))' -%}
    {%- set millionths = 'cast((2000000 * (' ~ n ~ ' % ' ~ d ~ ') + ' ~ d ~ ') div (2 * ' ~ d ~ ') as decimal(20, 0))' -%}
    case when {{ numerator }} is not null and {{ denominator }} <> 0 then cast(
        case when ({{ numerator }} < 0) <> ({{ denominator }} < 0) then -1 else 1 end
        * {{ or_overflow(whole ~ ' + ' ~ millionths ~ ' * 0.000001') }}
        as decimal(38, 6)
    ) end
{%- endmacro %}
