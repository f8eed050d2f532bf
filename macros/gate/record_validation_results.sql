{# on-run-end: one row in meta.validation_results for each gate check that this run carried out. #}
{% macro record_validation_results(results) %}{{ return(adapter.dispatch('record_validation_results')(results)) }}{% endmacro %}

{% macro postgres__record_validation_results(results) -%}
    {%- for of_source in (['orders'] + further_sources() if execute else []) -%}
    {%- set rows, gate = gate_results(results, of_source), gate_model_id(of_source) -%}
    {%- if rows -%}
        {#- All rows, from the scan of the row rules where there was one. #}
        {%- set counted = counts_of_this_run([gate]).get(gate) %}
        insert into {{ source('meta', 'validation_results') }} (
            invocation_id, check_name, column_name, rule, severity, status, failures, rows_checked, load_ids
        )
        select checks.*, parsed.rows_checked, coalesce({{ loads_in(gate) }}, {{ active_load_ids_of(of_source) }})
        from (
            values
            {%- for row in rows %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as checks (invocation_id, check_name, column_name, rule, severity, status, failures)
        cross join (select ({{ 'select count(*) from ' ~ relation_of(of_source ~ '_parsed') if counted is none else counted }}) as rows_checked) as parsed
        on conflict do nothing;
        {{ record_gate_verdicts(results, of_source) }};
    {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# What each rule has said of them, for require_passed_gate. Verdicts on loads that no table holds any more go. #}
{% macro record_gate_verdicts(results, of_source) -%}
    {%- set verdicts = source('meta', 'gate_verdicts') -%}
    {%- set gate = gate_tests(of_source) | map(attribute='unique_id') | list -%}
    delete from {{ verdicts }} where data_key not in (
        {%- for other in ['orders'] + further_sources() %}
        select {{ judged_data('load_ids', other) }} from {{ source('meta', 'model_definitions') }} where load_ids is not null
        {{- ' union' if not loop.last }}
        {%- endfor %}
    );
    insert into {{ verdicts }} (check_name, rule_hash, data_key, passed, invocation_id)
    select judged.check_name, judged.rule_hash, data.data_key, judged.passed, {{ quote_literal(invocation_id) }}
    from (select {{ judged_data(loads_in(gate_model_id(of_source)), of_source) }} as data_key) as data
    cross join (
        values
        {%- for result in results if result.node.unique_id in gate and result.status != 'skipped' %}
        {%- set node = graph.nodes[result.node.unique_id] %}
        ({{ quote_literal(node.name) }}, '{{ rule_hash(node) }}', {{ result.status | string in ['pass', 'warn'] }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as judged (check_name, rule_hash, passed)
    on conflict (check_name, rule_hash, data_key) do update
        set passed = excluded.passed, invocation_id = excluded.invocation_id, judged_at = excluded.judged_at
{%- endmacro %}

{% macro gate_results(results, of_source='orders') %}
    {% set gate = gate_tests(of_source) | map(attribute='unique_id') | list %}
    {% set rows = [] %}
    {% for result in results if result.node.unique_id in gate and result.status != 'skipped' %}
        {% set node = graph.nodes[result.node.unique_id] %}
        {% do rows.append([
            quote_literal(invocation_id),
            quote_literal(node.name),
            quote_literal(node.column_name) if node.column_name else 'cast(null as ' ~ type_string() ~ ')',
            quote_literal(test_rule(node)),
            quote_literal(rule_severity(node) if is_default_rule(node) else own_meta(node).get('on_fail') or node.config.severity | lower),
            quote_literal(result.status | string),
            'cast(' ~ (result.failures if result.failures is not none else 'null') ~ ' as bigint)',
        ]) %}
    {% endfor %}
    {% do return(rows) %}
{% endmacro %}

{# A test as its author wrote it: namespace, name and arguments. #}
{% macro test_rule(node) %}
    {% set test = node.test_metadata or {'name': node.name, 'kwargs': {}} %}
    {% set arguments = [] %}
    {% for name, value in test.kwargs.items() if name not in ['model', 'column_name'] %}
        {% do arguments.append(name ~ '=' ~ tojson(value)) %}
    {% endfor %}
    {% do return((test.namespace ~ '.' if test.namespace else '') ~ test.name ~ '(' ~ arguments | join(', ') ~ ')') %}
{% endmacro %}
