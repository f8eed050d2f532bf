{# A boolean expression: has the gate passed on what is published? On PostgreSQL nothing else is, but for a build from another
   environment's tables. On Spark: in a `dbt build` that runs the gate's own tests a model behind it runs only if they passed;
   else the last recorded run of the whole gate decides. #}
{% macro gate_passed() %}{{ return(adapter.dispatch('gate_passed')()) }}{% endmacro %}

{% macro postgres__gate_passed() -%}
    {{ 'false' if is_scratch_schema() or reads_deferred(graph.nodes['model.raw_to_ready.customer_training_set']) else 'true' }}
{%- endmacro %}

{% macro spark__gate_passed() -%}
    {%- set rules, loads = [], [] -%}
    {%- for of_source in ['orders'] + further_sources() -%}
        {%- do rules.extend(stopping_rules(of_source)) -%}
        {%- do loads.append('load_ids = ' ~ active_load_ids_of(of_source)) -%}
    {%- endfor -%}
    {%- if flags.WHICH == 'build' and rules and not rules | rejectattr('unique_id', 'in', selected_resources) | list -%}
        true
    {%- else -%}
        coalesce((
            select passed
            from (
                select bool_and(status in ('pass', 'warn')) as passed, max(created_at) as finished_at
                from {{ source('meta', 'validation_results') }}
                where {{ loads | join(' or ') }}
                group by invocation_id
                {%- if rules %}
                having count(case when check_name in ({{ quote_literals(rules | map(attribute='name')) }}) then 1 end) = {{ rules | length }}
                {%- endif %}
            ) as runs
            order by finished_at desc
            limit 1
        ), false)
    {%- endif -%}
{%- endmacro %}

{# The tests that are attached to the table that the gate of a source looks at, and of the orders the rules that are on by default. #}
{% macro gate_tests(of_source=none) %}
    {% set gate = gate_model_id(of_source) %}
    {% do return(tests_attached_to(gate) + (default_rules() if gate == gate_model_id('orders') else [])) %}
{% endmacro %}
