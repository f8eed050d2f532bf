{# The rules of the gate that are on by default, neither switched off nor idle: the singular tests in tests/dbt/gate/, as manifest nodes.
   Each looks at stg.orders_parsed; configs/expectations.yaml relaxes one by its name. #}
{% macro default_rules() %}
    {% set rules = [] %}
    {% set settings = node_meta('orders_parsed').get('default_rules') or {} %}
    {#- They are of the orders, also where a model of a source asks for them. -#}
    {% set asking = work_as(graph.nodes[gate_model_id('orders')]) if source_at_work() != 'orders' else none %}
    {#- By its folder first: a macro for each node of the graph takes longer than all the rest. #}
    {% for node in (graph.nodes.values() if execute and 'nodes' in graph else []) if node.resource_type == 'test' and node.fqn[1] == 'gate'
        and (settings.get(node.name) or {}).get('enabled') is not false and is_default_rule(node) and not is_idle(node) %}
        {% do rules.append(node) %}
    {% endfor %}
    {% do work_as(asking) if asking %}
    {% do return(rules) %}
{% endmacro %}

{# Of the orders, and of each source beside them. #}
{% macro gate_model_ids() %}
    {% set ids = [] %}
    {% for of_source in ['orders'] + further_sources() %}
        {% do ids.append(gate_model_id(of_source)) %}
    {% endfor %}
    {% do return(ids) %}
{% endmacro %}

{# The model that a test is on: the one it is attached to, or what the gate looks at. #}
{% macro tested_model_id(node) %}
    {% do return(gate_model_id('orders') if is_default_rule(node) else node.attached_node) %}
{% endmacro %}
