{# The SQL condition that a column's text matches somewhere; false, not null, for a null value. `is_raw` says how the
   pattern is quoted, which matters only on engines that read backslashes in plain literals. #}
{% macro _regex_matches(test, column_name, regex, is_raw, flags) %}
    {%- do dbt_expectations._check_text(test, "regex", regex) -%}
    {%- do dbt_expectations._check_boolean(test, "is_raw", is_raw) -%}
    {%- do return(adapter.dispatch("regex_matches", "dbt_expectations")(test, column_name, regex, is_raw, flags)) -%}
{% endmacro %}

{% macro default__regex_matches(test, column_name, regex, is_raw, flags) %}
    {%- set pattern = dbt_expectations._text_literal(regex) -%}
    {%- set options = ", " ~ dbt_expectations._text_literal(flags) if flags else "" -%}
    {%- do return("coalesce(regexp_like(" ~ column_name ~ ", " ~ pattern ~ options ~ "), false)") -%}
{% endmacro %}

{% macro postgres__regex_matches(test, column_name, regex, is_raw, flags) %}
    {%- set known = "bcegimnpqstwx" -%}
    {%- for flag in flags | string if flag not in known -%}
        {%- do dbt_expectations._invalid(test, "flags", "made of the letters " ~ known, flags) -%}
    {%- endfor -%}
    {# The operator is a fifth faster. "g" asks for every match, and regexp_like refuses it: one match decides. #}
    {%- if not flags -%}
        {%- do return("coalesce(" ~ column_name ~ " ~ " ~ dbt_expectations._text_literal(regex) ~ ", false)") -%}
    {%- endif -%}
    {%- set flags = flags | replace("g", "") -%}
    {%- do return(dbt_expectations.default__regex_matches(test, column_name, regex, is_raw, flags)) -%}
{% endmacro %}
