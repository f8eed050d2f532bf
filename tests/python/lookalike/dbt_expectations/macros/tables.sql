{# Tests of tables with the names and arguments of the published package. As there, they return an expression's verdict,
   or both of what they compare. #}
{% macro of_groups(model, expectation, group_by=none, row_condition=none) %}
with judged as (
    select
        {% for column in group_by or [] %}{{ column }} as col_{{ loop.index }}, {% endfor %}
        {{ expectation }} as expression
    from {{ model }}
    {{ 'where ' ~ row_condition if row_condition }}
    {{ 'group by ' ~ group_by | join(', ') if group_by }}
)
select * from judged where not expression
{% endmacro %}

{% macro differing(model, expression, compare_model, compare_expression) %}
with compared as (
    select
        (select {{ expression }} from {{ model }}) as expression,
        (select {{ compare_expression }} from {{ compare_model }}) as compare_expression
)
select * from compared where expression <> compare_expression
{% endmacro %}

{% macro within(expression, min_value, max_value) -%}
(true
    {{ 'and ' ~ expression ~ ' >= ' ~ min_value if min_value is not none }}
    {{ 'and ' ~ expression ~ ' <= ' ~ max_value if max_value is not none }})
{%- endmacro %}

{% test expression_between(model, expression, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False) %}
{{ dbt_expectations.of_groups(model, dbt_expectations.within(expression, min_value, max_value), group_by, row_condition) }}
{% endtest %}

{% test equal_expression(
    model, expression, compare_model=None, compare_expression=None, group_by=None, compare_group_by=None,
    row_condition=None, compare_row_condition=None, tolerance=0.0, tolerance_percent=None
) %}
{{ dbt_expectations.differing(model, expression, compare_model or model, compare_expression or expression) }}
{% endtest %}

{% test expect_table_aggregation_to_equal_other_table(
    model, expression, compare_model, compare_expression=None, group_by=None, compare_group_by=None,
    row_condition=None, compare_row_condition=None, tolerance=0.0, tolerance_percent=None
) %}
{{ dbt_expectations.differing(model, expression, compare_model, compare_expression or expression) }}
{% endtest %}

{% test expect_column_distinct_count_to_equal_other_table(
    model, compare_model, column_name, compare_column_name, row_condition=None, compare_row_condition=None
) %}
{{ dbt_expectations.differing(
    model, 'count(distinct ' ~ column_name ~ ')', compare_model, 'count(distinct ' ~ compare_column_name ~ ')'
) }}
{% endtest %}

{% test expect_column_median_to_be_between(model, column_name, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False) %}
{%- set median = 'percentile_cont(0.5) within group (order by ' ~ column_name ~ ')' -%}
{{ dbt_expectations.of_groups(model, dbt_expectations.within(median, min_value, max_value), group_by, row_condition) }}
{% endtest %}

{% test expect_column_quantile_values_to_be_between(
    model, column_name, quantile, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False
) %}
{%- set value = 'percentile_cont(' ~ quantile ~ ') within group (order by ' ~ column_name ~ ')' -%}
{{ dbt_expectations.of_groups(model, dbt_expectations.within(value, min_value, max_value), group_by, row_condition) }}
{% endtest %}

{% test expect_column_stdev_to_be_between(model, column_name, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False) %}
{{ dbt_expectations.of_groups(model, dbt_expectations.within('stddev(' ~ column_name ~ ')', min_value, max_value), group_by) }}
{% endtest %}

{% test expect_column_unique_value_count_to_be_between(
    model, column_name, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False
) %}
{%- set distinct = 'count(distinct ' ~ column_name ~ ')' -%}
{{ dbt_expectations.of_groups(model, dbt_expectations.within(distinct, min_value, max_value), group_by, row_condition) }}
{% endtest %}

{% test expect_column_distinct_count_to_equal(model, column_name, value, group_by=None, row_condition=None) %}
{{ dbt_expectations.of_groups(model, '(count(distinct ' ~ column_name ~ ') = ' ~ value ~ ')', group_by, row_condition) }}
{% endtest %}

{% test expect_column_distinct_count_to_be_greater_than(model, column_name, value, group_by=None, row_condition=None) %}
{{ dbt_expectations.of_groups(model, '(count(distinct ' ~ column_name ~ ') > ' ~ value ~ ')', group_by, row_condition) }}
{% endtest %}

{% test expect_column_distinct_count_to_be_less_than(model, column_name, value, group_by=None, row_condition=None) %}
{{ dbt_expectations.of_groups(model, '(count(distinct ' ~ column_name ~ ') < ' ~ value ~ ')', group_by, row_condition) }}
{% endtest %}

{% test expect_column_distinct_values_to_contain_set(model, column_name, value_set, quote_values=True, row_condition=None) %}
select value_field from (values {% for value in value_set %}('{{ value }}'){{ ', ' if not loop.last }}{% endfor %}) as wanted (value_field)
where value_field not in (select {{ column_name }} from {{ model }} where {{ column_name }} is not null)
{% endtest %}

{% test expect_column_most_common_value_to_be_in_set(
    model, column_name, value_set, top_n, quote_values=True, data_type="decimal", row_condition=None
) %}
select value_field from (
    select {{ column_name }} as value_field from {{ model }} group by 1 order by count(*) desc limit {{ top_n }}
) as common
where value_field not in ({{ dbt_expectations.texts(value_set, quote_values) }})
{% endtest %}

{% test expect_multicolumn_sum_to_equal(model, column_list, sum_total, group_by=None, row_condition=None) %}
{%- set sums = [] -%}
{%- for column in column_list %}{% do sums.append('sum(' ~ column ~ ')') %}{% endfor -%}
{%- set total = sum_total if sum_total is number else 'sum(' ~ sum_total ~ ')' -%}
{{ dbt_expectations.of_groups(model, '(' ~ sums | join(' + ') ~ ' = ' ~ total ~ ')', group_by, row_condition) }}
{% endtest %}

{% test expect_table_row_count_to_equal(model, value, group_by=None, row_condition=None) %}
{{ dbt_expectations.of_groups(model, '(count(*) = ' ~ value ~ ')', group_by, row_condition) }}
{% endtest %}

{% test expect_table_row_count_to_equal_other_table_times_factor(
    model, compare_model, factor, group_by=None, compare_group_by=None, row_condition=None, compare_row_condition=None
) %}
{{ dbt_expectations.differing(model, 'count(*)', compare_model, 'count(*) * ' ~ factor) }}
{% endtest %}

{% test expect_table_column_count_to_equal(model, value) %}
{%- if execute %}
{%- set found = adapter.get_columns_in_relation(model) | length %}
select {{ found }} as number_actual_columns, {{ value }} as value where {{ found }} <> {{ value }}
{%- endif %}
{% endtest %}

{% test expect_table_columns_to_not_contain_set(model, column_list, transform="upper") %}
{%- if execute %}
{%- set names = adapter.get_columns_in_relation(model) | map(attribute='name') | list %}
{% for name in column_list if name in names %}
select '{{ name }}' as relation_column {{ 'union all' if not loop.last }}
{% else %}
select 1 where false
{% endfor %}
{%- endif %}
{% endtest %}

{% test expect_column_values_to_be_in_type_list(model, column_name, column_type_list) %}
{%- if execute %}
{%- for column in adapter.get_columns_in_relation(model) if column.name == column_name %}
select '{{ column.name }}' as relation_column, '{{ column.dtype }}' as relation_column_type
where '{{ column.dtype }}' not in ({{ dbt_expectations.texts(column_type_list, true) }})
{%- endfor %}
{%- endif %}
{% endtest %}
