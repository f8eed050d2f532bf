{# What is recorded of a relation, as a condition begins that goes on with `and`. #}
{% macro recorded_contents(relation) -%}
    {{ return(source('meta', 'table_contents') ~ ' as contents where contents.relation = ' ~ quote_literal(state_key(relation))) }}
{%- endmacro %}

{% macro contents_recorded(relation) %}
    {% do return(run_query('select count(*) from ' ~ recorded_contents(relation)).rows[0][0] > 0) %}
{% endmacro %}

{# The boundaries of the splits of a published training set, as split_boundaries gives them. #}
{% macro recorded_boundaries(published) -%}
    {{ return('select part as split, time_from, time_to, next_from from ' ~ recorded_contents(published)) }}
{%- endmacro %}
