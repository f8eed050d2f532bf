{# An index on `keys` that carries `included` along, so that queries need not visit the table; with `condition`, of
   the rows for which that holds. Left alone where it is there already. #}
{% macro index_covering(relation, keys, included, condition=none) -%}
    {{ return(adapter.dispatch('index_covering')(relation, keys, included, condition)) }}
{%- endmacro %}

{% macro postgres__index_covering(relation, keys, included, condition) -%}
    {%- set name = relation.identifier[:40] ~ '_' ~ local_md5(tojson([keys, included, condition]))[:12] -%}
    create index if not exists {{ name }} on {{ relation }} ({{ keys | join(', ') }}) include ({{ included | join(', ') }})
    {%- if condition %} where {{ condition }}{% endif %}
{%- endmacro %}

{% macro spark__index_covering(relation, keys, included, condition) %}{% endmacro %}
