{# A select of the rows of `relation` that come first within each value of `key`, by `order_by`. #}
{% macro deduplicate(relation, key, order_by) -%}
    {{ return(adapter.dispatch('deduplicate')(relation, key, order_by)) }}
{%- endmacro %}

{% macro postgres__deduplicate(relation, key, order_by) -%}
    select distinct on ({{ key }}) {{ relation }}.*
    from {{ relation }}
    order by {{ key }}, {{ order_by }}
{%- endmacro %}
