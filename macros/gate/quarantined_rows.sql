{# The rules of the gate that set rows aside (`on_fail: quarantine`), as manifest nodes; none while parsing. #}
{% macro quarantine_tests() %}
    {% set tests = [] %}
    {% for node in (gate_tests() if execute and 'nodes' in graph else []) if own_meta(node).get('on_fail') == 'quarantine' %}
        {% do tests.append(node) %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}

{# A select of load_id, line_number and reason (the rule's name), one row for each record a rule sets aside.
   It is the test's own SQL, so a row is set aside when the test counts it. Rules of copies come last, as they look only
   at rows that stay otherwise: a record must not go as the copy of one that is itself set aside. #}
{% macro quarantined_rows(relation) -%}
    {%- set others, of_copies = [], [] -%}
    {%- for node in quarantine_tests() -%}
        {%- do require_rows(node) -%}
        {%- set reason = (node.column_name ~ ': ' if node.column_name else '') ~ test_rule(node) -%}
        {%- do (of_copies if qualified_test_name(node) in copy_rules() else others).append(dict(node, reason=reason)) -%}
    {%- endfor -%}
    {%- if of_copies -%}
        {#- By reason, as a record that breaks several rules is listed under the first of them. -#}
        {{ quarantined_copies(relation, others, of_copies | sort(attribute='reason,name')) }}
    {%- else -%}
        {{ rows_set_aside(relation, others) }}
    {%- endif -%}
{%- endmacro %}

{% macro rows_set_aside(relation, nodes) -%}
    {%- for node in nodes %}
    select load_id, line_number, {{ quote_literal(node.reason) }} as reason
    from {{ relation }}{{ ' as checked' if judges_rows_alone(node) }}
    where {{ sets_aside(node, relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# aside_0 is what the other rules set aside; then each rule of copies has its rows_n, which those before it leave. #}
{% macro quarantined_copies(relation, others, of_copies) -%}
    with aside_0 as (
        {%- if others %}
        {{ rows_set_aside(relation, others) }}
        {%- else %}
        select load_id, line_number, cast(null as {{ type_string() }}) as reason from {{ relation }} where false
        {%- endif %}
    )
    {%- for node in of_copies %}
    {%- set before = loop.index0 -%}
    {%- set rows = 'rows_' ~ loop.index -%}
    ,

    {{ rows }} as (
        select *
        from {{ 'rows_' ~ before if before else relation }} as candidates
        where not exists (
            select 1
            from aside_{{ before }} as aside
            where aside.load_id = candidates.load_id and aside.line_number = candidates.line_number
        )
        {%- if not before %}
        and {{ rejection_reason() }} is null
        {%- endif %}
    ),

    aside_{{ loop.index }} as (
        {{ rows_set_aside(rows, [node]) }}
    )
    {%- endfor %}

    {% for number in range(of_copies | length + 1) -%}
    select * from aside_{{ number }}
    {{ 'union all ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Tests whose failing rows are those with a value that they return, under this name. #}
{% macro value_rules() %}
    {% do return({'accepted_values': 'value_field', 'relationships': 'from_field', 'dbt_utils.relationships_where': 'id'}) %}
{% endmacro %}

{# Some tests return values or keys, some nothing of the row; all others return the failing rows themselves. #}
{% macro sets_aside(node, relation) -%}
    {%- set test = qualified_test_name(node) -%}
    {%- set column = node.test_metadata.kwargs.get('column_name') -%}
    {%- set where = node.config.where -%}
    {%- set within = '(' ~ where ~ '\n) and ' if where else '' -%}
    {%- set sql = generic_test_sql(node, '(select * from ' ~ relation ~ ' where ' ~ where ~ '\n) as checked' if where else relation) -%}
    {%- set value = value_rules().get(test) -%}
    {%- if test == 'not_null' -%}
        {{ within }}{{ column }} is null
    {%- elif value -%}
        {%- set selected = node.test_metadata.kwargs.get('from_condition') -%}
        {{ within }}{{ '(' ~ selected ~ '\n) and ' if selected }}{{ column }} in (select {{ value }} from ({{ sql }}) as failing)
    {%- elif test in key_rules() -%}
        {{ repeats_key(node, relation, sql) }}
    {%- elif judges_rows_alone(node) -%}
        {#- By the test's own SQL on that row. -#}
        {{ within }}exists (with one_row as (select checked.*) select 1 from ({{ generic_test_sql(node, 'one_row') }}) as failing)
    {%- else -%}
        (load_id, line_number) in (select load_id, line_number from ({{ sql }}) as failing)
    {%- endif -%}
{%- endmacro %}

{# Of the rows that share a key the first one, by load and line, stays. Text compares nulls of a key as equal. #}
{% macro repeats_key(node, relation, sql) -%}
    {%- set arguments = node.test_metadata.kwargs -%}
    {%- set columns = [] -%}
    {%- for column in arguments.get('column_list') or arguments.get('combination_of_columns') or [arguments.column_name] -%}
        {%- do columns.append(adapter.quote(column) if arguments.get('quote_columns') else column) -%}
    {%- endfor -%}
    {%- set key = key_text(columns) -%}
    {%- set failing_key = key_text(columns, ['unique_field']) if qualified_test_name(node) == 'unique' else key -%}
    {%- set conditions = [node.config.where, arguments.get('row_condition')] | select | list -%}
    (load_id, line_number) in (
        select load_id, line_number
        from (
            select load_id, line_number, row_number() over (partition by {{ key }} order by load_id, line_number) as copy_number
            from {{ relation }}
            where {{ key }} in (select {{ failing_key }} from ({{ sql }}) as failing)
            {%- for condition in conditions %}
                and ({{ condition }}
                )
            {%- endfor %}
        ) as copies
        where copy_number > 1
    )
{%- endmacro %}

{# The text of a key, in which 10.5 and 10.50 are one number. `named`: what the columns are called, where they have other
   names. #}
{% macro key_text(columns, named=none) -%}
    {%- set values = [] -%}
    {%- for column in columns -%}
        {%- set value = (named or columns)[loop.index0] -%}
        {%- do values.append(without_trailing_zeros(value) if column.strip('"') | lower in number_columns() else value) -%}
    {%- endfor -%}
    {{ return(row_text(values)) }}
{%- endmacro %}

{# Stops with one sentence where a quarantine rule has no rows to set aside. `sql`: the test's own, where the table is
   there to be asked for its columns. #}
{% macro require_rows(node, sql=none) %}
    {% set test = qualified_test_name(node) %}
    {% if sql and tested_model_id(graph.nodes[node.unique_id]) not in gate_model_ids() %}
        {% do exceptions.raise_compiler_error(
            node.name ~ ' cannot have `on_fail: quarantine`: only rows of the files can be set aside, by a rule on orders_parsed, or on NAME_parsed of a source'
        ) %}
    {% endif %}
    {% set known = test == 'not_null' or test in value_rules() or test in key_rules() or judges_rows_alone(node) %}
    {% set has_rows = test != 'column_in_file' and (known or test in row_rules() or not test.startswith('dbt_expectations.')) %}
    {% if has_rows and sql and not known %}
        {% set columns = get_columns_in_query(sql) %}
        {% set has_rows = 'load_id' in columns and 'line_number' in columns %}
    {% endif %}
    {% if not has_rows %}
        {% do exceptions.raise_compiler_error(
            test ~ ' cannot have `on_fail: quarantine`, as it does not return the rows that break it: use severity error or warn'
        ) %}
    {% endif %}
{% endmacro %}
