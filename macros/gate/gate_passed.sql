{# A boolean expression: has the gate passed on the loads that staging reads now? In a `dbt build` that runs the
   gate's own tests a model behind it runs only if they passed; else the last recorded gate run on these loads tells. #}
{% macro gate_passed() -%}
    {%- set gate = gate_tests() | selectattr('config.severity', 'equalto', 'ERROR') | map(attribute='unique_id') | list -%}
    {%- set selected = gate | select('in', selected_resources) | list -%}
    {%- if flags.WHICH == 'build' and gate and selected | length == gate | length -%}
        true
    {%- else -%}
        coalesce((
            select bool_and(results.status in ('pass', 'warn'))
            from {{ source('meta', 'validation_results') }} as results
            where results.invocation_id = (
                select invocation_id from {{ source('meta', 'validation_results') }}
                where load_ids = {{ active_load_ids() }}
                order by created_at desc
                limit 1
            )
        ), false)
    {%- endif -%}
{%- endmacro %}

{# The tests that configs/expectations.yaml attaches to stg.orders_parsed. #}
{% macro gate_tests() %}
    {% set tests = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'test' %}
        {% if node.attached_node == 'model.' ~ project_name ~ '.orders_parsed' %}
            {% do tests.append(node) %}
        {% endif %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}
