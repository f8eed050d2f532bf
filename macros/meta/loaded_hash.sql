{# What counts of a seed or snapshot that was just loaded: its checksum. Of a seed above 1 MB dbt has the path alone: the content
   of its table. #}
{% macro loaded_hash(node) %}
    {% if node.checksum.name != 'path' %}
        {% do return(node.checksum.checksum) %}
    {% endif %}
    {% set relation = node_relation(node) %}
    {% set columns = [] %}
    {% for expression, data_type in typed_columns(adapter.get_columns_in_relation(relation)) %}
        {#- Spark has no canonical text of these; within one engine their own serves. -#}
        {% do columns.append([expression, 'float as text' if data_type in ['float', 'double'] else data_type]) %}
    {% endfor %}
    {% do return(run_query('select ' ~ content_hash() ~ ' from ' ~ hashed_rows(relation, columns)).rows[0][0]) %}
{% endmacro %}
