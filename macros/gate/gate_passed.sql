{# A boolean expression: has the gate passed on what is published? On PostgreSQL nothing else is, but for a build from another
   environment's tables. On Spark: in a `dbt build` that runs the gate's own tests a model behind it runs only if they passed;
   else the last recorded run of the whole gate tells. #}
{% macro gate_passed() -%}
    {{ return(adapter.dispatch('gate_passed')()) }}
{%- endmacro %}

{% macro postgres__gate_passed() -%}
    {{ 'false' if is_scratch_schema() or reads_deferred(graph.nodes['model.raw_to_ready.customer_training_set']) else 'true' }}
{%- endmacro %}

{% macro spark__gate_passed() -%}
    {%- set ids = [] -%}
    {%- set names = [] -%}
    {%- for node in stopping_rules() -%}
        {%- do ids.append(node.unique_id) -%}
        {%- do names.append(quote_literal(node.name)) -%}
    {%- endfor -%}
    {%- set selected = ids | select('in', selected_resources) | list -%}
    {%- if flags.WHICH == 'build' and ids and selected | length == ids | length -%}
        true
    {%- else -%}
        coalesce((
            select passed
            from (
                select bool_and(status in ('pass', 'warn')) as passed, max(created_at) as finished_at
                from {{ source('meta', 'validation_results') }}
                where load_ids = {{ active_load_ids() }}
                group by invocation_id
                {%- if names %}
                having count(case when check_name in ({{ names | join(', ') }}) then 1 end) = {{ names | length }}
                {%- endif %}
            ) as runs
            order by finished_at desc
            limit 1
        ), false)
    {%- endif -%}
{%- endmacro %}

{# The tests that configs/expectations.yaml attaches to stg.orders_parsed, and the rules that are on by default. #}
{% macro gate_tests() %}
    {% do return(tests_attached_to(gate_model_id()) + default_rules()) %}
{% endmacro %}

{% macro tests_attached_to(model_id) %}
    {% set tests = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'test' and node.get('attached_node') == model_id %}
        {% do tests.append(node) %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}
