{# Pre-hook of every model and snapshot: nothing is built from loads that the rules of now have not passed, in this very `dbt build`,
   where dbt runs a model only once they have, or on record; nor from tables that hold different loads. Scratch builds are shown
   to nobody. #}
{% macro require_passed_gate() %}{{ return(adapter.dispatch('require_passed_gate')()) }}{% endmacro %}

{# Spark keeps no record of which loads a table holds. #}
{% macro default__require_passed_gate() %}{% endmacro %}

{% macro postgres__require_passed_gate() %}
    {% set node = graph.nodes.get(model.unique_id) if execute and 'nodes' in graph else none %}
    {% if node and flags.WHICH in ['build', 'run', 'snapshot'] and not is_scratch_schema() %}
        {% for of_source in ['orders'] + further_sources() %}
            {% set read = tables_behind_gate(node, of_source) %}
            {% set ids = read | map(attribute='unique_id') | list %}
            {#- What this run builds of tables that it builds was asked for when these were. #}
            {% set built_before = ids | reject('in', selected_resources) | list %}
            {% if gate_model_id(of_source) in ids or built_before %}
                {% set judged_here = selected_resources if flags.WHICH == 'build' else [] %}
                {% set judged_before = stopping_rules(of_source) | rejectattr('unique_id', 'in', judged_here) | list %}
                {% if (judged_before or built_before) and not reads_deferred(node) %}
                    {% set fault = fault_of_loads(read, judged_before, of_source) %}
                    {% if fault %}
                        {% do exceptions.raise_compiler_error(fault) %}
                    {% endif %}
                {% endif %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{# The rules of the gate of a source that stop a run. #}
{% macro stopping_rules(of_source='orders') %}
    {% set rules = [] %}
    {#- dbt keeps the author's spelling. -#}
    {% for node in gate_tests(of_source) if (rule_severity(node) if is_default_rule(node) else node.config.severity) | upper == 'ERROR' %}
        {% do rules.append(node) %}
    {% endfor %}
    {% do return(rules) %}
{% endmacro %}

{# Whether a node is made, with --defer, of another environment's tables: they are for the gate there to judge. #}
{% macro reads_deferred(node) %}
    {% for upstream in upstream_nodes(node) if is_deferred(upstream) %}
        {% do return(true) %}
    {% endfor %}
    {% do return(false) %}
{% endmacro %}

{# The tables that a node reads and that hold rows of a source, as graph nodes: what its gate looks at, and what is behind it. Those
   that hold orders too go by the gate of the orders, and events that look columns up by their own. #}
{% macro tables_behind_gate(node, of_source='orders') %}
    {% set found = [] %}
    {% set gate, of_orders = gate_model_id(of_source), gate_model_id('orders') %}
    {% for node_id in node.depends_on.get('nodes', []) if node_id in graph.nodes %}
        {% set read = graph.nodes[node_id] %}
        {% if read.config.materialized == 'ephemeral' %}
            {% do found.extend(tables_behind_gate(read, of_source)) %}
        {% else %}
            {% set above = upstream_nodes(read) | map(attribute='unique_id') | list + [node_id] %}
            {% set owner = source_of_name(read.name) %}
            {% set is_of_other = owner != of_source and owner in further_sources() %}
            {% if gate in above and (gate == of_orders or not (of_orders in above or is_of_other)) %}
                {% do found.append(read) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{# Why nothing may be made of these tables, with what to do; or none. `rules`: those that must have passed on record. #}
{% macro fault_of_loads(tables, rules, of_source='orders') %}
    {% set holders = {} %}
    {% set passed = {} %}
    {% for row in run_query(passed_on_record(tables, of_source)).rows %}
        {% do holders.update({row[0]: row[1]}) %}
        {% do passed.setdefault(row[0], []).append((row[2], row[3])) %}
    {% endfor %}
    {% for loads in passed or {none: []} %}
        {% set lacking = [] %}
        {% for node in rules if (node.name, rule_hash(node)) not in passed.get(loads, []) %}
            {% do lacking.append(node.name) %}
        {% endfor %}
        {% if lacking %}
            {% do return(
                'the gate has not passed ' ~ ('loads ' ~ loads if loads else 'what it reads') ~ ' by the rules of now: ' ~ lacking[0]
                ~ (' and ' ~ (lacking | length - 1) ~ ' more have' if lacking | length > 1 else ' has')
                ~ ' no passed result on record. dbt build judges and builds all, ready validate judges alone'
            ) %}
        {% endif %}
    {% endfor %}
    {% if holders | length > 1 %}
        {% set listed %}{% for loads, names in holders.items() %}loads {{ loads }} in {{ names }}{{ '; ' if not loop.last }}{% endfor %}{% endset %}
        {% do return('the tables it reads hold different loads (' ~ listed ~ '): build them together, dbt build -s ' ~ of_source ~ '_parsed+') %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# A select of each set of loads that these tables hold, the tables, and each rule that has passed on these loads: name and hash. #}
{% macro passed_on_record(tables, of_source) -%}
    select loads.load_ids, loads.tables, verdicts.check_name, verdicts.rule_hash
    from (
        select
            array_to_string(load_ids, ', ') as load_ids,
            string_agg(split_part(node_id, '.', 3), ', ' order by node_id) as tables,
            {{ judged_data('definitions.load_ids', of_source) }} as data_key
        from {{ source('meta', 'model_definitions') }} as definitions
        where load_ids is not null and node_id in ('{{ tables | map(attribute='unique_id') | join("', '") }}')
        group by definitions.load_ids
    ) as loads
    left join {{ source('meta', 'gate_verdicts') }} as verdicts on verdicts.data_key = loads.data_key and verdicts.passed
{%- endmacro %}

{# What the gate judges: the loads, read by the mapping that the table was built with. #}
{% macro judged_data(load_ids, of_source='orders') -%}
    md5(concat_ws(' ', array_to_string({{ load_ids }}, ','), (
        select sql_hash from {{ source('meta', 'model_definitions') }} where node_id = '{{ gate_model_id(of_source) }}'
    )))
{%- endmacro %}

{# Everything of a rule that can change its verdict: also the macros it is made of, and what else than the orders it looks at. #}
{% macro rule_hash(node) %}
    {% set config = node.config %}
    {% do return(local_md5(tojson([
        texts_of_macros(node.depends_on.macros), hashes_read_by(node), values_of_variables(node),
        test_rule(node), node.get('column_name'), node.checksum.checksum, config.severity, config.where, config.limit, config.fail_calc,
        config.warn_if, config.error_if, own_meta(node), rule_entry(node.name) if is_default_rule(node) else rules_at_work_in(node),
    ], sort_keys=true))) %}
{% endmacro %}

{# What the file of a source says of the rules that are on by default, for the test that has them all. #}
{% macro rules_at_work_in(node) %}
    {% if qualified_test_name(node) in tests_of_sources() %}
        {% do return(node_meta(node.attached_node.split('.')[-1]).get('default_rules')) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# By its id, the text of each of these macros and of those that they call in turn, without dbt's own. #}
{% macro texts_of_macros(macro_ids) %}
    {% set texts = {} %}
    {% set pending = macro_ids | list %}
    {% for _ in range(10000) if pending %}
        {% set macro_id = pending.pop() %}
        {% set package, name = macro_id.split('.')[1:] %}
        {% if macro_id not in texts and package in context and name in context[package] %}
            {% set macro = context[package][name].macro %}
            {% do texts.update({macro_id: macro.macro_sql}) %}
            {% do pending.extend(macro.depends_on.macros) %}
        {% endif %}
    {% endfor %}
    {% do return(texts) %}
{% endmacro %}

{# What the other tables that a rule reads were built with: a seed of values, say. #}
{% macro hashes_read_by(node) %}
    {% set hashes = {} %}
    {% set others = node.depends_on.nodes | reject('equalto', tested_model_id(node)) | select('in', graph.nodes) | list %}
    {% set recorded = recorded_sql_hashes() if others else {} %}
    {% for node_id in others %}
        {% do hashes.update({node_id: built_sql_hash(graph.nodes[node_id], recorded)}) %}
    {% endfor %}
    {% do return(hashes) %}
{% endmacro %}

{# Its arguments that are variables, as they are now. #}
{% macro values_of_variables(node) %}
    {% set values = [] %}
    {% for value in (node.test_metadata or {}).get('kwargs', {}).values() if value is string and 'var(' in value %}
        {% do values.append(rendered_argument(value) | string) %}
    {% endfor %}
    {% do return(values) %}
{% endmacro %}

{# Whether this build is of a proof: in schemas of its own that are gone when it ends. #}
{% macro is_scratch_schema() %}
    {% do return(modules.re.match('(leak|repro)_[0-9a-f]{8}_', env_var('READY_SCHEMA_PREFIX', '')) is not none) %}
{% endmacro %}

{# Whether it is one that publishes what no test has looked at. #}
{% macro is_scratch() %}{{ return(adapter.dispatch('is_scratch')()) }}{% endmacro %}
{% macro default__is_scratch() %}{% do return(env_var('READY_SCRATCH', '') == 'true') %}{% endmacro %}
{% macro postgres__is_scratch() %}{% do return(is_scratch_schema() and default__is_scratch()) %}{% endmacro %}
