{% test expect_compound_columns_to_be_unique(
    model, column_list, quote_columns=False, ignore_row_if="all_values_are_missing", row_condition=None
) %}
{{ config(fail_calc=dbt_expectations._duplicated_keys()) }}
{%- set test = "expect_compound_columns_to_be_unique" -%}
{%- do dbt_expectations._check_list(test, "column_list", column_list, "columns") -%}
{%- do dbt_expectations._check_boolean(test, "quote_columns", quote_columns) -%}
{%- do dbt_expectations._check_choice(
    test, "ignore_row_if", ignore_row_if, ["all_values_are_missing", "any_value_is_missing"]
) -%}
{%- set columns = [] -%}
{%- for column in column_list %}{% do columns.append(adapter.quote(column) if quote_columns else column) %}{% endfor -%}
{%- set either = " or " if ignore_row_if == "all_values_are_missing" else " and " -%}
{%- set conditions = ["(" ~ columns | join(" is not null" ~ either) ~ " is not null)"] -%}
{%- if row_condition %}{% do conditions.insert(0, "(" ~ row_condition ~ ")") %}{% endif -%}
{{ dbt_expectations._surplus_rows(model, columns, conditions) }}
{% endtest %}
