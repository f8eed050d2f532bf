{# Sample standard deviation from exact sums, rounded half up to 6 decimals; null below two values.
   From sums of squares in decimals: it cannot depend on the order of the rows, as a float's would. #}
{% macro exact_stddev(sum, sum_of_squares, count) -%}
    {{ return(adapter.dispatch('exact_stddev')(sum, sum_of_squares, count)) }}
{%- endmacro %}

{% macro postgres__exact_stddev(sum, sum_of_squares, count) -%}
    cast(
        round(
            sqrt(
                ({{ count }} * {{ sum_of_squares }} - ({{ sum }}) * ({{ sum }}))
                / nullif({{ count }} * ({{ count }} - 1), 0)
            ),
            6
        ) as numeric(38, 6)
    )
{%- endmacro %}
