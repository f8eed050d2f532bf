{# The SQL condition that a column's value is in the set; null for a null value. #}
{% macro _set_membership(test, column_name, value_set, quote_values) %}
    {%- do dbt_expectations._check_list(test, "value_set", value_set, "values") -%}
    {%- do dbt_expectations._check_boolean(test, "quote_values", quote_values) -%}
    {%- set members = [] -%}
    {%- for value in value_set -%}
        {%- do members.append(dbt_expectations._text_literal(value) if quote_values else value) -%}
    {%- endfor -%}
    {%- do return(adapter.dispatch("is_member", "dbt_expectations")(column_name, members)) -%}
{% endmacro %}

{# A bare literal takes the column's type, so that of numbers 10.5 and 10.50 are one value. #}
{% macro default__is_member(column_name, members) %}
    {%- do return(column_name ~ " in (" ~ members | join(", ") ~ ")") -%}
{% endmacro %}

{# Here `in` makes a text of the number. #}
{% macro spark__is_member(column_name, members) %}
    {%- do return("(" ~ column_name ~ " = " ~ members | join(" or " ~ column_name ~ " = ") ~ ")") -%}
{% endmacro %}
