{# Tests of the published packages that judge each row by itself, and whose SQL need not say which row it was. As
   ready/gate/rules/published.py has them. #}
{% macro tests_of_rows_alone() %}
    {% do return([
        'dbt_expectations.expression_is_true',
        'dbt_expectations.expect_column_distinct_values_to_be_in_set',
        'dbt_expectations.expect_column_pair_values_to_be_equal',
        'dbt_expectations.expect_column_pair_values_to_be_in_set',
        'dbt_expectations.expect_column_value_lengths_to_equal',
        'dbt_expectations.expect_column_values_to_match_like_pattern',
        'dbt_expectations.expect_column_values_to_match_like_pattern_list',
        'dbt_expectations.expect_column_values_to_match_regex_list',
        'dbt_expectations.expect_column_values_to_not_match_like_pattern',
        'dbt_expectations.expect_column_values_to_not_match_like_pattern_list',
        'dbt_expectations.expect_column_values_to_not_match_regex_list',
        'dbt_expectations.expect_select_column_values_to_be_unique_within_record',
        'dbt_utils.accepted_range',
        'dbt_utils.expression_is_true',
        'dbt_utils.not_accepted_values',
        'dbt_utils.not_empty_string',
    ]) %}
{% endmacro %}

{# Those of them that return each value once, however many rows have it. #}
{% macro tests_of_distinct_values() %}
    {% do return(['dbt_expectations.expect_column_distinct_values_to_be_in_set', 'dbt_utils.not_accepted_values']) %}
{% endmacro %}

{# Whether a test can be asked about one row alone. #}
{% macro judges_rows_alone(node) %}{% do return(adapter.dispatch('judges_rows_alone')(node)) %}{% endmacro %}

{# Another engine takes no row of an outer query as a table. #}
{% macro default__judges_rows_alone(node) %}{% do return(false) %}{% endmacro %}

{% macro postgres__judges_rows_alone(node) %}
    {% set test = qualified_test_name(node) %}
    {% set arguments = node.test_metadata.kwargs %}
    {#- What makes one value of many rows. -#}
    {% set of_many = '(?i)\\b(count|sum|avg|min|max|std\\w+|var_\\w+|percentile_\\w+|mode|\\w+_agg|bool_\\w+|every|over|filter)\\s*[(]' %}
    {% if test in tests_of_rows_alone() %}
        {% do return(not arguments.get('group_by_columns') and not modules.re.search(of_many, arguments.get('expression', '') | string)) %}
    {% endif %}
    {#- The published package's; the stand-in's return the rows. -#}
    {% do return(test in row_rules() and test.startswith('dbt_expectations.') and row_condition_of(node) is none) %}
{% endmacro %}

