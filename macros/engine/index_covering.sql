{# An index on `keys` that carries `included` along, so that queries need not visit the table. #}
{% macro index_covering(relation, keys, included) -%}
    {{ return(adapter.dispatch('index_covering')(relation, keys, included)) }}
{%- endmacro %}

{% macro postgres__index_covering(relation, keys, included) -%}
    create index on {{ relation }} ({{ keys | join(', ') }}) include ({{ included | join(', ') }})
{%- endmacro %}
