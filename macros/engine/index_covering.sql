{# An index on `keys` that carries `included` along, so that queries need not visit the table; with `condition`, of
   the rows for which that holds. #}
{% macro index_covering(relation, keys, included, condition=none) -%}
    {{ return(adapter.dispatch('index_covering')(relation, keys, included, condition)) }}
{%- endmacro %}

{% macro postgres__index_covering(relation, keys, included, condition) -%}
    create index on {{ relation }} ({{ keys | join(', ') }}) include ({{ included | join(', ') }})
    {%- if condition %} where {{ condition }}{% endif %}
{%- endmacro %}
