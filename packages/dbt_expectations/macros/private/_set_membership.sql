{# The SQL condition that a column's value is in the set; null for a null value. #}
{% macro _set_membership(test, column_name, value_set, quote_values) %}
    {%- do dbt_expectations._check_list(test, "value_set", value_set, "values") -%}
    {%- do dbt_expectations._check_boolean(test, "quote_values", quote_values) -%}
    {%- set members = [] -%}
    {%- for value in value_set -%}
        {%- set text = "cast(" ~ dbt_expectations._text_literal(value) ~ " as " ~ dbt.type_string() ~ ")" -%}
        {%- do members.append(text if quote_values else value) -%}
    {%- endfor -%}
    {%- do return(column_name ~ " in (" ~ members | join(", ") ~ ")") -%}
{% endmacro %}
