{# The rules of the gate that are on by default: the singular tests in tests/dbt/gate/, as manifest nodes. Each looks at
   stg.orders_parsed; configs/expectations.yaml relaxes one by its name. #}
{% macro default_rules() %}
    {% set rules = [] %}
    {% for node in graph.nodes.values() if is_default_rule(node) %}
        {% do rules.append(node) %}
    {% endfor %}
    {% do return(rules) %}
{% endmacro %}

{% macro is_default_rule(node) %}
    {% do return(
        node.resource_type == 'test' and not node.get('test_metadata') and node.fqn | length > 2
        and node.fqn[:2] == [project_name, 'gate']
    ) %}
{% endmacro %}

{# What the gate looks at. #}
{% macro gate_model_id() %}
    {% do return('model.' ~ project_name ~ '.orders_parsed') %}
{% endmacro %}

{# The model that a test is on: the one it is attached to, or what the gate looks at. #}
{% macro tested_model_id(node) %}
    {% do return(gate_model_id() if is_default_rule(node) else node.attached_node) %}
{% endmacro %}
