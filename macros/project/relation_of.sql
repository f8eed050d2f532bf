{# The quoted name of the table of a model, seed or snapshot, for hooks: a ref() there would have to be known before the
   graph is. With --defer it is the other environment's where this one has none, as for a ref(). #}
{% macro relation_of(name) -%}
    {% set node = node_named(name) %}
    {% do return(node.defer_relation.relation_name if is_deferred(node) else node.relation_name) %}
{%- endmacro %}

{# A model, seed or snapshot, as a graph node. #}
{% macro node_named(name) %}
    {% for node in graph.nodes.values() if node.name == name and node.resource_type in ['model', 'seed', 'snapshot'] %}
        {% do return(node) %}
    {% endfor %}
    {% do exceptions.raise_compiler_error("no model, seed or snapshot is named '" ~ name ~ "'") %}
{% endmacro %}

{# With --defer: whether a node's table is the other environment's, as this one has none, nor a candidate. #}
{% macro is_deferred(node) %}
    {% set own = node_relation(node) %}
    {% do return(node.defer_relation and not (load_cached_relation(own) or current_candidate(own))) %}
{% endmacro %}

{# A model's table, as a relation. #}
{% macro relation_named(model_name) %}
    {% do return(node_relation(graph.nodes['model.raw_to_ready.' ~ model_name])) %}
{% endmacro %}

{# The table of a graph node, as a relation. #}
{% macro node_relation(node) %}
    {% do return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) %}
{% endmacro %}
