{# The tables that candidates and what is recorded with them are made of, and that are not known to be what their definition gives
   now, as graph nodes: built before an edit, or by a run that did not come to its end. What this run has built is. Of a table and
   one that it is made of only the latter. #}
{% macro tables_of_before(nodes, statuses) %}
    {% set made_of = {} %}
    {% set of_sets = [] %}
    {% for name in own_feature_sets() if 'customer_training_set' in nodes | map(attribute='name') and load_cached_relation(newest_relation(name)) %}
        {% do of_sets.append(name) %}
    {% endfor %}
    {% for node in nodes + graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'in', of_sets) | list %}
        {% for upstream in [node] + upstream_nodes(node) %}
            {% do made_of.update({upstream.unique_id: upstream}) %}
        {% endfor %}
    {% endfor %}
    {% set recorded = recorded_sql_hashes() %}
    {% set found = [] %}
    {% for node in made_of.values() | sort(attribute='unique_id') if statuses.get(node.unique_id) != 'success' %}
        {% if node.resource_type in ['model', 'seed', 'snapshot'] and node.config.materialized != 'ephemeral' and not is_deferred(node) %}
            {% if node.unique_id not in recorded or current_sql_hash(node) != recorded[node.unique_id] %}
                {% do found.append(node) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% set first = [] %}
    {% for node in found if not upstream_nodes(node) | select('in', found) | list %}
        {% do first.append(node) %}
    {% endfor %}
    {% do return(first) %}
{% endmacro %}
