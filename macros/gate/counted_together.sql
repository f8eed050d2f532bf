{# How many rows break a rule, where this run counts it together with others; else none, and the test scans by itself.
   The first test of a model that asks has one scan count for all its row rules of the run, and count the rows: a scan
   each would cost several times that. What is counted is the condition of the rule's own SQL, and only tests of the same run
   read it. #}
{% macro counted_together(node) %}{% do return(adapter.dispatch('counted_together')(node)) %}{% endmacro %}

{# Another engine has each test scan by itself; Spark counts before there are tests: macros/spark/count_ahead.sql. #}
{% macro default__counted_together(node) %}{% do return(none) %}{% endmacro %}

{% macro postgres__counted_together(node) %}
    {% set tested = graph.nodes.get(tested_model_id(node)) %}
    {% if not tested or not can_be_counted_together(node) %}
        {% do return(none) %}
    {% endif %}
    {% set counts = counts_of_this_run([tested.unique_id, node.name]) %}
    {% if tested.unique_id not in counts and not begins_counting() %}
        {% set counts = counts_of_this_run([tested.unique_id, node.name]) %}
    {% endif %}
    {% if tested.unique_id not in counts %}
        {% set together = rules_counted_together(tested) %}
        {% if together | length < 2 %}
            {% do return(none) %}
        {% endif %}
        {% do run_query(count_once(tested, together)) %}
        {% set counts = counts_of_this_run([tested.unique_id, node.name]) %}
    {% endif %}
    {% set count = counts.get(node.name) %}
    {% do return(none if count and has_possible_faults(node) else count) %}
{% endmacro %}

{# Whether the current test is the one to count, up to its next commit; else it has waited for the one that was. #}
{% macro begins_counting() %}
    {% set first = run_query('
        do $gate_block$
        begin
            ' ~ lock_counts() ~ " nowait;
            perform set_config('ready.begins_counting', 'true', true);
        exception when lock_not_available then
            perform set_config('ready.begins_counting', 'false', true);
        end
        $gate_block$;
        select current_setting('ready.begins_counting')
    ").rows[0][0] == 'true' %}
    {% if not first %}
        {% do run_query(lock_counts() ~ '; commit') %}
    {% endif %}
    {% do return(first) %}
{% endmacro %}

{# Until the transaction ends. In a mode that only who may change the table can take: a reader, who may take any advisory lock,
   keeps no build waiting. #}
{% macro lock_counts() %}lock table {{ source('meta', 'gate_counts') }} in share update exclusive mode{% endmacro %}

{# The rules of a model that one scan can count and this run carries out; a seed's or a snapshot's are left alone. #}
{% macro rules_counted_together(tested) %}
    {% set rules = [] %}
    {% set of_gate = default_rules() if tested.unique_id == gate_model_id('orders') else [] %}
    {% set attached = tests_attached_to(tested.unique_id) if tested.resource_type == 'model' else [] %}
    {% for node in attached + of_gate if can_be_counted_together(node) %}
        {% do rules.append(node) %}
    {% endfor %}
    {% do return(rules) %}
{% endmacro %}

{% macro can_be_counted_together(node) %}
    {% do return(
        node.unique_id in selected_resources and (
            has_possible_faults(node)
            or (judges_values(node) or qualified_test_name(node) in row_rules() + row_count_rules()) and counts_rows_only(node)
        )
    ) %}
{% endmacro %}

{# Test name -> count of these, once they are counted. A model's id has the number of all its rows; it is alone, and null, where counting
   failed. #}
{% macro counts_of_this_run(names) %}
    {% do return(dict(run_query(
        'select check_name, failures from ' ~ source('meta', 'gate_counts')
        ~ ' where invocation_id = ' ~ quote_literal(invocation_id) ~ ' and check_name in (' ~ quote_literals(names) ~ ')'
    ).rows | list)) %}
{% endmacro %}

{# The table that a model's tests look at: its candidate while there is one. #}
{% macro tested_relation(tested) %}
    {% do return(current_candidate(node_relation(tested)) or relation_of(tested.name)) %}
{% endmacro %}

{# What one scan counts: {aggregates, places}. `places` says which of the aggregates has the failures of a test, by its name, and that
   the first has the number of all rows, by the model's id. Rules that ask for the same share a place. #}
{% macro aggregates_of(tested, nodes) %}
    {% set aggregates = ['count(*)'] %}
    {% set places = {tested.unique_id: 0} %}
    {% for node in nodes %}
        {% set failures = failures_as_aggregate(node) %}
        {% if failures %}
            {% do aggregates.append(failures) if failures not in aggregates %}
            {% do places.update({node.name: aggregates.index(failures)}) %}
        {% endif %}
    {% endfor %}
    {% do return({'aggregates': aggregates, 'places': places}) %}
{% endmacro %}

{# One test counts, those beside it wait. If one condition cannot be evaluated, each test finds out by itself. #}
{% macro count_once(tested, nodes) %}
    {%- set counts = source('meta', 'gate_counts') -%}
    {%- set counted = aggregates_of(tested, nodes) -%}
    {%- set scan = 'select array[' ~ counted.aggregates | join(', ') ~ '] from ' ~ tested_relation(tested) -%}
    do $gate_block$
    declare
        names text[] := array[{{ quote_literals(counted.places.keys() | list) }}];
        places integer[] := array[{{ counted.places.values() | join(', ') }}];
        failures bigint[];
    begin
        {{ lock_counts() }};
        if exists (
            select from {{ counts }}
            where invocation_id = {{ quote_literal(invocation_id) }} and check_name = {{ quote_literal(tested.unique_id) }}
        ) then
            return;
        end if;
        begin
            execute {{ quote_literal(scan) }} into failures;
        exception when others then
            names := names[1:1];
            places := places[1:1];
        end;
        delete from {{ counts }} where counted_at < now() - interval '1 day';
        insert into {{ counts }} (invocation_id, check_name, failures)
        select {{ quote_literal(invocation_id) }}, counted.name, failures[counted.place + 1] from unnest(names, places) as counted (name, place);
    end
    $gate_block$;
    commit
{%- endmacro %}
