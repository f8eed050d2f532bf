{# An aggregate: the values of a column as an array, in order; an empty one where no row is meant. #}
{% macro array_of(column, condition='true') %}{{ return(adapter.dispatch('array_of')(column, condition)) }}{% endmacro %}

{% macro postgres__array_of(column, condition) -%}
    coalesce(array_agg({{ column }} order by {{ column }}) filter (where {{ condition }}), '{}')
{%- endmacro %}

{% macro spark__array_of(column, condition) -%}
    array_sort(collect_list({{ column }}) filter (where {{ condition }}))
{%- endmacro %}
