{# Tests that judge each row by itself, so that their SQL is `select … from the table where …`. #}
{% macro row_rules() %}
    {% do return([
        'not_null', 'accepted_values', 'valid_number', 'valid_timestamp',
        'dbt_expectations.expect_column_values_to_not_be_null',
        'dbt_expectations.expect_column_values_to_be_null',
        'dbt_expectations.expect_column_values_to_be_between',
        'dbt_expectations.expect_column_values_to_be_in_set',
        'dbt_expectations.expect_column_values_to_not_be_in_set',
        'dbt_expectations.expect_column_values_to_match_regex',
        'dbt_expectations.expect_column_values_to_not_match_regex',
        'dbt_expectations.expect_column_value_lengths_to_be_between',
        'dbt_expectations.expect_column_pair_values_A_to_be_greater_than_B',
    ]) %}
{% endmacro %}

{# Tests that no value is missing. #}
{% macro null_rules() %}
    {% do return(['not_null', 'dbt_expectations.expect_column_values_to_not_be_null']) %}
{% endmacro %}

{# Tests of a key whose rows beyond the first are the fault. #}
{% macro key_rules() %}
    {% do return([
        'unique',
        'dbt_expectations.expect_column_values_to_be_unique',
        'dbt_expectations.expect_compound_columns_to_be_unique',
        'dbt_utils.unique_combination_of_columns',
    ]) %}
{% endmacro %}

{# Tests whose failing rows are copies of another row. #}
{% macro copy_rules() %}{% do return(key_rules() + ['unique_within_load']) %}{% endmacro %}

{# A test's name as its author writes it. #}
{% macro qualified_test_name(node) %}
    {% set test = node.get('test_metadata') or {} %}
    {% do return((test.namespace ~ '.' if test.namespace else '') ~ test.name) %}
{% endmacro %}

{# Tests that judge the number of rows. #}
{% macro row_count_rules() %}{% do return(['dbt_expectations.expect_table_row_count_to_be_between']) %}{% endmacro %}

{# The failures of a row rule, or of one on the number of rows, as an aggregate over all rows; none where the test's SQL has
   another shape. #}
{% macro failures_as_aggregate(node) %}
    {% set condition = row_condition_of(node) %}
    {% if has_possible_faults(node) %}
        {% do return(possible_faults(node)) %}
    {% elif judges_values(node) %}
        {% set counts = ['0'] %}
        {% for fault in value_faults(node.name, rule_entry(node.name)) %}
            {% do counts.append('count(*) filter (where ' ~ fault.condition ~ ')') %}
        {% endfor %}
        {% do return(counts | join(' + ')) %}
    {% elif condition %}
        {% do return('count(*) filter (where ' ~ condition ~ ')') %}
    {% elif qualified_test_name(node) in row_count_rules() and not node.config.where %}
        {% set sql = generic_test_sql(node, '__checked_rows__') %}
        {% set out_of_bounds = modules.re.fullmatch('\\s*select\\s+count[(][*][)] as \\w+\\s+from __checked_rows__\\s+having\\s(.+)', sql, modules.re.DOTALL) %}
        {% do return('case when ' ~ out_of_bounds.group(1) ~ '\n then 1 else 0 end' if out_of_bounds else none) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# The condition under which a row breaks a row rule, as SQL; none where the test is no row rule, or its SQL has
   another shape, as the published package's has. #}
{% macro row_condition_of(node) %}
    {% if qualified_test_name(node) not in row_rules() %}
        {% do return(none) %}
    {% endif %}
    {% set sql = generic_test_sql(node, '__checked_rows__') %}
    {% set plain = modules.re.fullmatch('\\s*select\\s+[\\w*"]+\\s+from\\s+__checked_rows__\\s+where\\s(.+)', sql, modules.re.DOTALL) %}
    {% set of_values = modules.re.fullmatch('\\s*with all_values as .+\\swhere value_field\\s(.+)', sql, modules.re.DOTALL) %}
    {% if plain %}
        {% set condition = plain.group(1) %}
    {% elif of_values and qualified_test_name(node) == 'accepted_values' %}
        {% set condition = adapter.dispatch('condition_on_values')(node.test_metadata.kwargs, of_values.group(1)) %}
    {% else %}
        {% do return(none) %}
    {% endif %}
    {# A line break ends what may be a comment. #}
    {% set within = '(' ~ node.config.where ~ '\n) and ' if node.config.where else '' %}
    {% do return(within ~ '(' ~ condition ~ '\n)') %}
{% endmacro %}

{# That of accepted_values on the column itself. `condition`: what its SQL asks of each value. #}
{% macro default__condition_on_values(arguments, condition) %}{% do return(arguments.column_name ~ ' ' ~ condition) %}{% endmacro %}

{# Whether a test needs the number of failing rows and nothing else, and reads no other table. #}
{% macro counts_rows_only(node) %}
    {% set config = node.config %}
    {% set stores_rows = config.store_failures or flags.STORE_FAILURES %}
    {% set reads_one_table = node.depends_on.nodes == [tested_model_id(node)] %}
    {% do return(config.fail_calc == 'count(*)' and config.limit is none and not stores_rows and reads_one_table) %}
{% endmacro %}
