{# The quoted name of the table of a model, seed or snapshot, for hooks: a ref() there would have to be known before the
   graph is. With --defer it is the other environment's where this one has none, as for a ref(). #}
{% macro relation_of(name) -%}
    {% for node in graph.nodes.values() if node.name == name and node.resource_type in ['model', 'seed', 'snapshot'] %}
        {% set own = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) %}
        {% set deferred = (node.defer_relation or {}).relation_name if not load_cached_relation(own) else none %}
        {% do return(deferred or node.relation_name) %}
    {% endfor %}
    {% do exceptions.raise_compiler_error("no model, seed or snapshot is named '" ~ name ~ "'") %}
{%- endmacro %}

{# The same of a model, as a relation. #}
{% macro relation_named(model_name) %}
    {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] %}
    {% do return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) %}
{% endmacro %}
