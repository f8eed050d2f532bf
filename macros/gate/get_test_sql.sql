{# dbt's own macro, widened by two thresholds of a test's `meta`: `max_failures` rows, or `max_share` of the
   rows it looks at (0 to 1). Up to it the test warns with its count, above it it fails; of two the lower one counts.
   A test with `on_fail: quarantine` and neither may set aside as many rows as there are.
   Rows are counted in the quickest way there is, instead of listed: those of a candidate that is published rows and changes
   among the changes, the row rules of a model together, keys by their groups. #}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {%- set node = graph.nodes[model.unique_id] -%}
    {%- set meta = rule_entry(node.name) if is_on_by_default(node) else own_meta(node) -%}
    {%- if meta.get('on_fail') == 'quarantine' -%}
        {%- do require_rows(model, main_sql) -%}
    {%- endif -%}
    {%- set counting = counting_of(node, meta, main_sql, fail_calc) -%}
    {{ adapter.dispatch('get_test_sql', 'dbt')(
        counting.sql, counting.fail_calc, warn_if, error_condition(node, meta, error_if), limit
    ) }}
{%- endmacro %}

{# The condition on the number of failures under which a test fails. `is null` never holds: the test can only warn. #}
{% macro error_condition(node, meta, error_if) %}
    {% set ceilings = test_ceilings(meta) %}
    {% if is_on_by_default(node) and rule_severity(node) == 'warn' %}
        {% do return('is null') %}
    {% elif ceilings %}
        {% do return('> ' ~ (ceilings | first if ceilings | length == 1 else 'least(' ~ ceilings | join(', ') ~ ')')) %}
    {% elif meta.get('on_fail') == 'quarantine' %}
        {% do return('is null') %}
    {% endif %}
    {% do return(error_if) %}
{% endmacro %}

{# The quickest way to a test's number of failures: {sql, fail_calc}, an aggregate over the rows of sql. #}
{% macro counting_of(node, meta, main_sql, fail_calc) %}
    {% if is_on_by_default(node) and meta.get('enabled') is false %}
        {% do return({'fail_calc': '0', 'sql': "select 'switched off in expectations.yaml' as note"}) %}
    {% elif flags.EMPTY %}
        {#- The rule's own SQL is run, and what it finds of no rows counts for nothing. #}
        {% do return({'fail_calc': '0 * coalesce(' ~ fail_calc ~ ', 0)', 'sql': main_sql}) %}
    {% endif %}
    {% set of_changes = test_of_changes(node) %}
    {% if of_changes %}
        {% do return({'fail_calc': failing_rows(fail_calc), 'sql': of_changes}) %}
    {% endif %}
    {% set counted = counted_together(node) %}
    {% if counted is not none %}
        {% set note = 'counted with the other row rules of this run' %}
        {% do return({'fail_calc': counted, 'sql': 'select ' ~ quote_literal(note) ~ ' as note'}) %}
    {% endif %}
    {% if meta and qualified_test_name(node) in tests_of_distinct_values() and judges_rows_alone(node) %}
        {% set checked = tested_relation(graph.nodes[tested_model_id(node)]) %}
        {% do return({'fail_calc': 'count(*)', 'sql': 'select 1 from ' ~ checked ~ ' as checked where ' ~ sets_aside(node, checked)}) %}
    {% endif %}
    {% set repeated = repeated_keys(node) %}
    {% if repeated is not none %}
        {% do return({'fail_calc': 'coalesce(sum(repeated), 0)', 'sql': repeated}) %}
    {% endif %}
    {% set sql = with_counted_order_ids(main_sql) %}
    {% if sql is none %}
        {% do return({'fail_calc': '0', 'sql': "select 'no order id comes again' as note"}) %}
    {% endif %}
    {% do return({'fail_calc': failing_rows(fail_calc), 'sql': sql}) %}
{% endmacro %}

{# How many rows the current test lets pass, as SQL: one number for each of its thresholds. #}
{% macro test_ceilings(meta) %}
    {% set ceilings = [] %}
    {% if meta.get('max_share') is not none %}
        {% do ceilings.append(meta.max_share ~ ' * (' ~ tested_rows() ~ ')') %}
    {% endif %}
    {% if meta.get('max_failures') is not none %}
        {% do ceilings.append(meta.max_failures) %}
    {% endif %}
    {% do return(ceilings) %}
{% endmacro %}

{# Failures are rows. Some tests count otherwise: dbt's accepted_values and unique return a value each, with the number
   of rows that have it; the package's two on uniqueness count keys. #}
{% macro failing_rows(fail_calc) %}
    {% set by_test = {
        'accepted_values': 'coalesce(sum(n_records), 0)',
        'unique': 'coalesce(sum(n_records - 1), 0)',
    } %}
    {% set test = model.get('test_metadata') or {} %}
    {% if fail_calc == 'count(*)' and not test.namespace and test.name in by_test %}
        {% do return(by_test[test.name]) %}
    {% elif 'copy_number' in fail_calc and own_meta(graph.nodes[model.unique_id]) %}
        {% do return('count(*)') %}
    {% endif %}
    {% do return(fail_calc) %}
{% endmacro %}

{# How many rows the current test looks at. #}
{% macro tested_rows() -%}
    {%- set arguments = (model.get('test_metadata') or {}).get('kwargs', {}) -%}
    {%- set conditions = [] -%}
    {%- for condition in [config.get('where'), arguments.get('row_condition'), arguments.get('from_condition')] if condition -%}
        {%- do conditions.append(rows_meant(condition, arguments.get('column_name'))) -%}
    {%- endfor -%}
    select count(*) from {{ tested_relation(graph.nodes[tested_model_id(graph.nodes[model.unique_id])]) }}
    {%- for condition in conditions %}
    {#- A line break ends what may be a comment. #}
    {{ 'and' if loop.index > 1 else 'where' }} ({{ condition }}
    )
    {%- endfor -%}
{%- endmacro %}

{# A condition without what it says of the column's own text being null: this says which fault is counted, not which rows
   are meant, and holds for no row of clean data. As ready/gate/checks.py has it. #}
{% macro rows_meant(condition, column) %}
    {% if not column or modules.re.search('(?i)\\bnot\\s*[(]', condition) %}
        {% do return(condition) %}
    {% endif %}
    {% set text_is_null = '(?is)(^|[(]|\\band\\b)(\\s*)"?' ~ modules.re.escape(column.strip('"')) ~ '(?:_raw)?"?\\s+is\\s+null\\b(?=\\s*(?:$|[)]|\\band\\b))' %}
    {% do return(modules.re.sub(text_is_null, '\\1\\2true', condition)) %}
{% endmacro %}
