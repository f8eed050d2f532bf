{# The nodes that a node is built from, itself left out, in the order of their ids. #}
{% macro upstream_nodes(node) %}
    {% set found = {} %}
    {% set pending = node.depends_on.get('nodes', []) | list %}
    {% for _ in range(1000) if pending %}
        {% set node_id = pending.pop() %}
        {% if node_id not in found and node_id in graph.nodes %}
            {% do found.update({node_id: graph.nodes[node_id]}) %}
            {% do pending.extend(graph.nodes[node_id].depends_on.get('nodes', [])) %}
        {% endif %}
    {% endfor %}
    {% do return(found.values() | sort(attribute='unique_id') | list) %}
{% endmacro %}

{# The tables that a node reads itself, or by ephemeral models. #}
{% macro tables_read(node) %}
    {% set found = {} %}
    {% for node_id in node.depends_on.get('nodes', []) if node_id in graph.nodes %}
        {% set read = graph.nodes[node_id] %}
        {% for table in tables_read(read) if read.config.materialized == 'ephemeral' %}
            {% do found.update({table.unique_id: table}) %}
        {% endfor %}
        {% do found.update({node_id: read} if read.config.materialized != 'ephemeral' else {}) %}
    {% endfor %}
    {% do return(found.values() | sort(attribute='unique_id') | list) %}
{% endmacro %}
