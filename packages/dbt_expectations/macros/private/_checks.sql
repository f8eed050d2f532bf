{# Arguments that make no sense stop the parse with one sentence: which test, which argument, what is allowed. #}

{% macro _invalid(test, argument, allowed, got) %}
    {% do exceptions.raise_compiler_error(
        "dbt_expectations." ~ test ~ ": " ~ argument ~ " must be " ~ allowed ~ "; got " ~ (got | tojson)
    ) %}
{% endmacro %}

{% macro _check_list(test, argument, values, of) %}
    {% set is_list = values is sequence and values is not string and values is not mapping %}
    {% if not is_list or values | length == 0 or none in values %}
        {% do dbt_expectations._invalid(test, argument, "a list of " ~ of ~ ", not empty and without nulls", values) %}
    {% endif %}
{% endmacro %}

{# A quoted "false" would count as true, hence no leniency here. #}
{% macro _check_boolean(test, argument, value) %}
    {% if value is not boolean %}
        {% do dbt_expectations._invalid(test, argument, "true or false", value) %}
    {% endif %}
{% endmacro %}

{% macro _check_text(test, argument, value) %}
    {% if value is not string or value | trim == "" %}
        {% do dbt_expectations._invalid(test, argument, "a text, not empty", value) %}
    {% endif %}
{% endmacro %}

{% macro _check_choice(test, argument, value, choices) %}
    {% if value not in choices %}
        {% do dbt_expectations._invalid(test, argument, "one of " ~ choices | join(", "), value) %}
    {% endif %}
{% endmacro %}

{# The least value that is allowed is 1. #}
{% macro _check_count(test, argument, value) %}
    {% if value is not integer or value is boolean or value < 1 %}
        {% do dbt_expectations._invalid(test, argument, "a whole number of at least 1", value) %}
    {% endif %}
{% endmacro %}

{# A bound is a number or an SQL expression. A bare 2024-01-31 would be read as the subtraction 1992. #}
{% macro _check_bound(test, argument, value) %}
    {% set allowed = "a number or an SQL expression such as \"date '2024-01-31'\"" %}
    {% set is_scalar = value is none or value is string or (value is number and value is not boolean) %}
    {% if not is_scalar or modules.re.match(" *([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)?$", value | string) %}
        {% do dbt_expectations._invalid(test, argument, allowed, value | string) %}
    {% endif %}
{% endmacro %}

{% macro _check_bounds(test, min_value, max_value, strictly) %}
    {% do dbt_expectations._check_boolean(test, "strictly", strictly) %}
    {% if min_value is none and max_value is none %}
        {% do dbt_expectations._invalid(test, "min_value or max_value (or both)", "given", none) %}
    {% endif %}
    {% do dbt_expectations._check_bound(test, "min_value", min_value) %}
    {% do dbt_expectations._check_bound(test, "max_value", max_value) %}
    {% set numbers = min_value is number and max_value is number %}
    {% if numbers and (min_value > max_value or (strictly and min_value == max_value)) %}
        {% do dbt_expectations._invalid(test, "min_value", "below max_value (" ~ max_value ~ ")", min_value) %}
    {% endif %}
{% endmacro %}
