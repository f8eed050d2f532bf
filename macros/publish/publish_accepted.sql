{# on-run-end: the candidates whose tests have all passed take over in one transaction, together with the registry,
   split and summary rows that describe them. Otherwise the last accepted build and its records stay as they were,
   and the candidates stay for inspection. #}
{% macro publish_accepted(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- set nodes = models_with_candidate() -%}
        {%- set objection = objection_to(nodes, results) or doubt_about(nodes, statuses_of(results)) if nodes else none -%}
        {%- set message = 'feats: not published, because ' ~ objection ~ '. The last accepted build stays as it was.' -%}
        {%- if objection and (flags.EMPTY or sample_window()) -%}
            {%- do log(message, info=true) -%}
        {%- elif objection -%}
            {#- With --warn-error dbt runs no further hook. #}
            {%- do run_query(end_build() ~ '; commit') if target.type == 'postgres' -%}
            {%- do exceptions.warn(message) -%}
        {%- elif nodes -%}
            {{ publish(nodes) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Why these candidates may not take over, or none: what failed, before what was left out. A scratch build (READY_SCRATCH) is for
   what it builds alone: it runs no tests, and leaves out models that read it. #}
{% macro objection_to(nodes, results) %}
    {% if flags.EMPTY or sample_window() %}
        {% do return('it was built with ' ~ ('--empty' if flags.EMPTY else '--sample')) %}
    {% endif %}
    {% set ids = nodes | map(attribute='unique_id') | list %}
    {% set statuses = statuses_of(results) %}
    {% set failed, skipped, untested, unbuilt = [], [], [], [] %}
    {% for node in graph.nodes.values() if not is_scratch() and node.depends_on.nodes | select('in', ids) | list %}
        {% set status = statuses.get(node.unique_id) %}
        {% set is_reader = node.resource_type == 'model' and node.config.materialized == 'published' and node.unique_id not in ids %}
        {% if is_reader or (node.resource_type == 'test' and status not in ['pass', 'warn']) %}
            {% set cause = failure_before(node, results) if status == 'skipped' else none %}
            {% if cause %}
                {% do skipped.append(cause) %}
            {% elif status in ['error', 'fail'] %}
                {% do failed.append(node.resource_type ~ ' ' ~ node.name ~ ' ended in ' ~ status) %}
            {% elif node.resource_type == 'test' %}
                {% do untested.append('test ' ~ node.name ~ ' did not run') %}
            {% else %}
                {% do unbuilt.append(node.name ~ ' reads it and was not built with it: build ' ~ nodes[0].name ~ '+') %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% for objection in failed + skipped + untested + unbuilt %}
        {% do return(objection) %}
    {% endfor %}
    {% for name in own_feature_sets() %}
        {% set columns = adapter.get_columns_in_relation(newest_relation(name)) | map(attribute='name') | list %}
        {% if columns and not ('customer_id' in columns and 'feature_time' in columns) %}
            {% do return(name ~ ' is a feature_set, and its columns are not by customer_id and feature_time') %}
        {% endif %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}

{# What failed in this run so that dbt skipped a node, in words; or none. #}
{% macro failure_before(node, results) %}
    {% set before = upstream_nodes(node) | map(attribute='unique_id') | list + [node.unique_id] %}
    {% for result in results if result.status | string in ['error', 'fail'] %}
        {% set failed = result.node %}
        {% if failed.unique_id in before or (failed.resource_type | string in ['test', 'unit_test'] and failed.depends_on.nodes | select('in', before) | list) %}
            {% do return(failed.resource_type | replace('_', ' ') ~ ' ' ~ failed.name ~ ' ended in ' ~ result.status) %}
        {% endif %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}

{# Why what would be recorded of these candidates might not be what they were made of, and what to build; or none. #}
{% macro doubt_about(nodes, statuses) %}
    {% set before = tables_of_before(nodes, statuses) | map(attribute='name') | list %}
    {% if before %}
        {% do return(
            before | join(', ') ~ ' was not built by its definition of now: dbt build -s ' ~ before | join('+ ') ~ '+ builds it and what reads it'
        ) %}
    {% endif %}
    {% for node in tables_outdated(nodes) %}
        {% do return(
            node.name ~ ' is older than what it reads (' ~ tables_read(node) | map(attribute='name') | join(', ') ~ '): dbt build -s ' ~ node.name
            ~ '+ builds it and what reads it'
        ) %}
    {% endfor %}
    {% do return(adapter.dispatch('doubt_about_loads')(nodes)) %}
{% endmacro %}

{% macro default__doubt_about_loads(nodes) %}{% do return(none) %}{% endmacro %}

{% macro postgres__doubt_about_loads(nodes) %}
    {% set behind = [] %}
    {% for node in nodes if not reads_deferred(node) and tables_behind_gate(node) %}
        {% do behind.append(node) %}
    {% endfor %}
    {% set fault = fault_of_loads(behind, stopping_rules()) if behind and not is_scratch_schema() else none %}
    {% for name in (sources_of(behind) if not fault and not is_scratch_schema() else []) %}
        {% set fault = fault_of_loads([graph.nodes['model.raw_to_ready.' ~ name]], stopping_rules(name), name) %}
        {% if fault %}
            {% do return(fault) %}
        {% endif %}
    {% endfor %}
    {% do return(fault) %}
{% endmacro %}

{# Node id -> how it ended in this run. #}
{% macro statuses_of(results) %}
    {% do return(dict(zip(results | map(attribute='node.unique_id'), results | map(attribute='status') | map('string')))) %}
{% endmacro %}

{# Renames and records in one transaction. What is recorded is read before it begins, to keep it short. #}
{% macro publish(nodes) %}{{ return(adapter.dispatch('publish')(nodes)) }}{% endmacro %}

{% macro postgres__publish(nodes) -%}
    {%- do run_query(parallel_scan_settings('session')) -%}
    {%- do record_contents(nodes) -%}
    {%- set builds = feature_set_builds(nodes) -%}
    begin;
    {{ require_build() }};
    {{- lock_published(nodes) }}
    {%- for node in nodes %}
    {{ apply_candidate(node_relation(node)) }};
    {%- endfor %}
    {%- for build in builds %}
    {{ record_feature_version(build) }}
    {{ record_dataset_splits(build) }}
    {{ record_dataset_build(build) }}
    {{ record_feature_profiles(build) }}
    {%- if build.feature_set == 'customer_features' %}
    {{ record_label_summary(build) }}
    {%- else %}
    {{ create_own_training_set(build) }};
    {%- endif %}
    {%- endfor %}
    {%- for build in parts_before_joined(builds) %}
    {{ record_features_query(build) }}
    {{ create_features_function(build) }}
    {%- endfor %}
    {%- for node in nodes %}
    {{ drop_change_tables(node_relation(node)) }};
    {%- endfor %}
    {{ forget_order_changes() }};
    commit
{%- endmacro %}

{# A candidate takes over: a table by its name, a view by changing the published rows that it does not show or adds. What is
   to go is found by its place in the table; if somebody else has changed the table meanwhile, nothing is published. #}
{% macro apply_candidate(final) -%}
    {%- set candidate = current_candidate(final) -%}
    {%- if candidate.is_view %}
    do $publish$
    declare
        gone bigint;
    begin
        delete from {{ final }} as published using {{ removed_rows(final) }} as removed
        where published.ctid = removed.row_id
            and published.customer_id = removed.customer_id and published.feature_time = removed.feature_time;
        get diagnostics gone = row_count;
        if gone <> (select count(*) from {{ removed_rows(final) }}) then
            raise exception '% was changed while this build ran. Run it again with --full-refresh.', {{ quote_literal(state_key(final)) }};
        end if;
        insert into {{ final }} select * from {{ added_rows(final) }};
    end
    $publish$;
    drop view {{ candidate }};
    {%- else %}
    drop table if exists {{ final }} cascade;
    alter table {{ candidate }} rename to {{ adapter.quote(final.identifier) }};
    {%- endif %}
    {{ publish_table_state(candidate, final) }}
{%- endmacro %}
