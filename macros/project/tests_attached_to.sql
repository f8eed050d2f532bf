{% macro tests_attached_to(model_id) %}
    {% do return(graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') | selectattr('attached_node', 'equalto', model_id) | list) %}
{% endmacro %}

{# These, and the tests in tests/dbt/after_build/. #}
{% macro is_on_by_default(node) %}
    {% do return(
        node.resource_type == 'test' and not node.get('test_metadata') and node.fqn | length > 2
        and node.fqn[0] == 'raw_to_ready' and node.fqn[1] in ['gate', 'after_build']
    ) %}
{% endmacro %}

{% macro is_default_rule(node) %}{% do return(is_on_by_default(node) and node.fqn[1] == 'gate') %}{% endmacro %}

{# What the gate of a source looks at: of the one at work, where none is named. #}
{% macro gate_model_id(of_source=none) %}{% do return('model.raw_to_ready.' ~ (of_source or source_at_work()) ~ '_parsed') %}{% endmacro %}
