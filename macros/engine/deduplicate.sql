{# A select of the rows of `relation` that come first within each value of `key`, by `order_by`. #}
{% macro deduplicate(relation, key, order_by) %}{{ return(adapter.dispatch('deduplicate')(relation, key, order_by)) }}{% endmacro %}

{% macro postgres__deduplicate(relation, key, order_by) -%}
    select distinct on ({{ key }}) {{ relation }}.*
    from {{ relation }}
    order by {{ key }}, {{ order_by }}
{%- endmacro %}

{% macro spark__deduplicate(relation, key, order_by) -%}
    select * except (place__)
    from (
        select {{ relation }}.*, row_number() over (partition by {{ key }} order by {{ order_by }}) as place__
        from {{ relation }}
    ) as placed
    where place__ = 1
{%- endmacro %}
