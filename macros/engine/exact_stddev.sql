{# Sample standard deviation from exact sums, rounded half up to 6 decimals; null below two values.
   From sums of squares in decimals: it cannot depend on the order of the rows, as a float's would. #}
{% macro exact_stddev(sum, sum_of_squares, count) -%}
    {{ return(adapter.dispatch('exact_stddev')(sum, sum_of_squares, count)) }}
{%- endmacro %}

{# In whole numbers, so that nothing is rounded but the result: with v four times the variance in millionths squared,
   it is (floor(sqrt(v)) + 1) div 2 millionths. The 40 decimals keep sqrt from rounding up to a whole number. #}
{% macro postgres__exact_stddev(sum, sum_of_squares, count) -%}
    cast(
        div(
            trunc(sqrt(round(
                div(
                    4000000000000 * ({{ count }} * {{ sum_of_squares }} - ({{ sum }}) * ({{ sum }})),
                    nullif({{ count }} * ({{ count }} - 1), 0)
                ),
                40
            ))) + 1,
            2
        ) * 0.000001
        as numeric(38, 6)
    )
{%- endmacro %}
