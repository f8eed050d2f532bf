{# A condition that is false where two selects have as many rows, and hashes of a text column with the same sum: then they have
   the same values, each as often. An engine that would compute all else first has just `true`. #}
{% macro may_differ(rows, others, column) %}{{ return(adapter.dispatch('may_differ')(rows, others, column)) }}{% endmacro %}
{% macro default__may_differ(rows, others, column) %}true{% endmacro %}

{# Both are known before anything is joined: PostgreSQL then leaves the join out. #}
{% macro postgres__may_differ(rows, others, column) -%}
    {%- set sums = "select concat_ws('|', count(*), sum(hashtextextended(" ~ column ~ ", 0))) from " -%}
    ({{ sums }} {{ rows }} as counted) <> ({{ sums }} {{ others }} as counted)
{%- endmacro %}
