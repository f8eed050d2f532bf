{# The tables that candidates and what is recorded with them are made of, and that are not known to be what their definition gives
   now, as graph nodes: built before an edit, or by a run that did not come to its end. What this run has built is. Of a table and
   one that it is made of only the latter. #}
{% macro tables_of_before(nodes, statuses) %}
    {% set recorded = recorded_sql_hashes() %}
    {% set found = [] %}
    {% for node in nodes_recorded_with(nodes) if statuses.get(node.unique_id) != 'success' %}
        {% if node.resource_type in ['model', 'seed', 'snapshot'] and node.config.materialized != 'ephemeral' and not is_deferred(node) %}
            {% if node.unique_id not in recorded or current_sql_hash(node) != recorded[node.unique_id] %}
                {% do found.append(node) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% do return(highest(found)) %}
{% endmacro %}

{# The tables below a source beside the orders that are older than what they read holds now, as graph nodes; of a table and one that
   it is made of only the latter. What is recorded with a candidate would name loads that it never saw. #}
{% macro tables_outdated(nodes) %}{{ return(adapter.dispatch('tables_outdated')(nodes)) }}{% endmacro %}

{# Spark keeps no record of what a table was made of. #}
{% macro default__tables_outdated(nodes) %}{% do return([]) %}{% endmacro %}

{% macro postgres__tables_outdated(nodes) %}
    {% set found, compared = [], [] %}
    {% for node in (nodes_recorded_with(nodes) if further_sources() and not is_scratch_schema() else []) if sources_of([node]) %}
        {% if node.config.materialized != 'ephemeral' and not is_deferred(node) and not reads_deferred(node) %}
            {% do compared.append(
                'select node_id from ' ~ source('meta', 'model_definitions') ~ " where node_id = '" ~ node.unique_id
                ~ "' and made_of is distinct from " ~ made_of(node)
            ) %}
        {% endif %}
    {% endfor %}
    {% for row in (run_query(compared | join(' union all ')).rows if compared else []) %}
        {% do found.append(graph.nodes[row[0]]) %}
    {% endfor %}
    {% do return(highest(found)) %}
{% endmacro %}

{# These candidates and all that they are made of, and what is recorded with them, as graph nodes in the order of their ids. #}
{% macro nodes_recorded_with(nodes) %}
    {% set found = {} %}
    {% set of_sets = [] %}
    {% for name in own_feature_sets() if 'customer_training_set' in nodes | map(attribute='name') and load_cached_relation(newest_relation(name)) %}
        {% do of_sets.append(name) %}
    {% endfor %}
    {% for node in nodes + graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'in', of_sets) | list %}
        {% for upstream in [node] + upstream_nodes(node) %}
            {% do found.update({upstream.unique_id: upstream}) %}
        {% endfor %}
    {% endfor %}
    {% do return(found.values() | sort(attribute='unique_id') | list) %}
{% endmacro %}

{# Those of these nodes that none of the others is above. #}
{% macro highest(nodes) %}
    {% set first = [] %}
    {% for node in nodes if not upstream_nodes(node) | select('in', nodes) | list %}
        {% do first.append(node) %}
    {% endfor %}
    {% do return(first) %}
{% endmacro %}
