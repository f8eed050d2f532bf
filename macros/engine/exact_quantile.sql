{# An aggregate: the value below which a share `level` (a decimal as text, at most 4 places) of the values lies, between two
   values in proportion, rounded half away from zero to 6 decimals; null without any. `filter` lets no null in. #}
{% macro exact_quantile(value, level, filter) %}{{ return(adapter.dispatch('exact_quantile')(value, level, filter)) }}{% endmacro %}

{# percentile_cont counts in floats. Aggregates in a subquery that name only columns from outside it belong to the query
   around it. #}
{% macro postgres__exact_quantile(value, level, filter) -%}
    {%- set below = 'sorted[cast(floor(place) as integer)]' -%}
    (
        select cast(
            round({{ below }} + (sorted[cast(ceil(place) as integer)] - {{ below }}) * (place - floor(place)), 6)
            as numeric(38, 6)
        )
        from (select array_agg(cast({{ value }} as numeric) order by {{ value }}) {{ filter }} as sorted) as known
        cross join lateral (select (cardinality(sorted) - 1) * {{ level }} + 1 as place) as at
    )
{%- endmacro %}

{# With at most 22 digits before the point no product has over 38; what has more raises. #}
{% macro spark__exact_quantile(value, level, filter) -%}
    {%- set number = 'case when ' ~ value ~ ' is not null then ' ~ or_overflow('cast(' ~ value ~ ' as decimal(28, 6))') ~ ' end' -%}
    {%- set below = 'q.sorted[cast(floor(q.place) as int)]' -%}
    transform(
        transform(
            array(sort_array(collect_list({{ number }}) {{ filter }})),
            sorted -> named_struct('sorted', sorted, 'place', cast(size(sorted) - 1 as decimal(10, 0)) * {{ level }})
        ),
        q -> case when size(q.sorted) > 0 then cast(
            round({{ below }} + (q.sorted[cast(ceil(q.place) as int)] - {{ below }}) * cast(q.place % 1 as decimal(5, 4)), 6)
            as decimal(38, 6)
        ) end
    )[0]
{%- endmacro %}
