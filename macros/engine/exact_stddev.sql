{# Sample standard deviation from exact sums, rounded half up to 6 decimals; null below two values.
   From sums of squares in decimals: it cannot depend on the order of the rows, as a float's would. #}
{% macro exact_stddev(sum, sum_of_squares, count) %}{{ return(adapter.dispatch('exact_stddev')(sum, sum_of_squares, count)) }}{% endmacro %}

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

{# The sums are of millionths here. A float's square root may be off; a step of Newton's method leaves it at most one from
   the whole number. Lambdas name what is used more than once. What passes 38 digits raises. #}
{% macro spark__exact_stddev(sum, sum_of_squares, count) -%}
    {%- set n = 'cast(' ~ count ~ ' as decimal(10, 0))' -%}
    {%- set root = 'r - cast(r * r > v as int) + cast((r + 1) * (r + 1) <= v as int)' -%}
    case when {{ count }} > 1 then transform(
        transform(
            array(named_struct('d', {{ or_overflow('4 * (' ~ n ~ ' * ' ~ sum_of_squares ~ ' - ' ~ sum ~ ' * ' ~ sum ~ ')') }}, 'm', {{ n }} * ({{ n }} - 1))),
            q -> {{ or_overflow('cast((q.d - q.d % q.m) / cast(q.m as decimal(10, 0)) as decimal(38, 0))') }}
        ),
        v -> cast(cast(floor((case when v = 0 then 0 else transform(
            transform(array(cast(sqrt(cast(v as double)) as decimal(20, 0))), r -> cast(floor((r + v / r) / 2) as decimal(20, 0))),
            r -> {{ root }}
        )[0] end + 1) / 2) as decimal(20, 0)) * 0.000001 as decimal(38, 6))
    )[0] end
{%- endmacro %}

{# The number of which exact_stddev takes the sums of values and squares: no integer, whose squares would overflow. #}
{% macro squarable(column) %}{{ return(adapter.dispatch('squarable')(column)) }}{% endmacro %}
{% macro postgres__squarable(column) %}cast({{ column }} as numeric){% endmacro %}
{% macro spark__squarable(column) %}cast({{ column }} * 1000000 as decimal(38, 0)){% endmacro %}

{# The square of such a number. #}
{% macro squared(number) %}{{ return(adapter.dispatch('squared')(number)) }}{% endmacro %}
{% macro postgres__squared(number) %}{{ number }} * {{ number }}{% endmacro %}

{# A sum would pass over a square that is null for its size. #}
{% macro spark__squared(number) -%}
    case when {{ number }} is not null then {{ or_overflow(number ~ ' * ' ~ number) }} end
{%- endmacro %}
