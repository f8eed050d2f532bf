{# sum / count, rounded half up to 6 decimals; null where count is 0.
   Integer division on the scaled sum: numeric division would round a first time on its own, and to whole numbers
   where those are large. #}
{% macro exact_average(sum, count) -%}
    {{ return(adapter.dispatch('exact_average')(sum, count)) }}
{%- endmacro %}

{% macro postgres__exact_average(sum, count) -%}
    cast(
        sign(cast({{ sum }} as numeric)) * div(2000000 * abs({{ sum }}) + {{ count }}, 2 * nullif({{ count }}, 0)) * 0.000001
        as numeric(38, 6)
    )
{%- endmacro %}
