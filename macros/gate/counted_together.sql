{# How many rows break a rule, where this run counts it together with others; else none, and the test scans by itself.
   The first test that asks has one scan count all row rules of the run: a scan each would cost several times that.
   What is counted is the condition of the rule's own SQL, and only tests of the same run read it. #}
{% macro counted_together(node) %}
    {% do return(adapter.dispatch('counted_together')(node)) %}
{% endmacro %}

{# An engine without a way to let one test count while the others wait has each test scan by itself. #}
{% macro default__counted_together(node) %}
    {% do return(none) %}
{% endmacro %}

{% macro postgres__counted_together(node) %}
    {% set together = rules_counted_together() %}
    {% if node.unique_id not in together | map(attribute='unique_id') | list or together | length < 2 %}
        {% do return(none) %}
    {% endif %}
    {% set counts = counts_of_this_run() %}
    {% if not counts %}
        {% do run_query(count_once(together)) %}
        {% set counts = counts_of_this_run() %}
    {% endif %}
    {% do return(counts.get(node.name)) %}
{% endmacro %}

{# The row rules of the gate that this run carries out. #}
{% macro rules_counted_together() %}
    {% set rules = [] %}
    {% for node in gate_tests() if node.unique_id in selected_resources and qualified_test_name(node) in row_rules() %}
        {% if counts_rows_only(node) %}
            {% do rules.append(node) %}
        {% endif %}
    {% endfor %}
    {% do return(rules) %}
{% endmacro %}

{# Test name -> count; empty before they are counted. The name '' stands for all rows; it is alone, and null, where
   counting failed. #}
{% macro counts_of_this_run() %}
    {% set counts = {} %}
    {% for row in run_query(
        'select check_name, failures from ' ~ source('meta', 'gate_counts')
        ~ ' where invocation_id = ' ~ quote_literal(invocation_id)
    ).rows %}
        {% do counts.update({row[0]: row[1]}) %}
    {% endfor %}
    {% do return(counts) %}
{% endmacro %}

{# One test counts, those beside it wait. If one condition cannot be evaluated, each test finds out by itself. #}
{% macro count_once(nodes) %}
    {%- set counts = source('meta', 'gate_counts') -%}
    {%- set conditions = {} -%}
    {%- for node in nodes -%}
        {%- set condition = row_condition_of(node) -%}
        {%- if condition -%}
            {%- do conditions.update({node.name: condition}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set scan -%}
        select array[
            count(*)
            {%- for condition in conditions.values() %},
            count(*) filter (where {{ condition }})
            {%- endfor %}
        ]
        from {{ relation_of('orders_parsed') }}
    {%- endset -%}
    do $gate_block$
    declare
        names text[] := array[''{% for name in conditions %}, {{ quote_literal(name) }}{% endfor %}];
        failures bigint[];
    begin
        perform pg_advisory_xact_lock(hashtextextended({{ quote_literal(invocation_id) }}, 0));
        if exists (select from {{ counts }} where invocation_id = {{ quote_literal(invocation_id) }}) then
            return;
        end if;
        begin
            execute {{ quote_literal(scan) }} into failures;
        exception when others then
            names := array[''];
        end;
        delete from {{ counts }} where counted_at < now() - interval '1 day';
        insert into {{ counts }} (invocation_id, check_name, failures)
        select {{ quote_literal(invocation_id) }}, counted.* from unnest(names, failures) as counted;
    end
    $gate_block$;
    commit
{%- endmacro %}
