{# The columns of the table behind a model, in order. A `where` config turns the model into a subquery, which has no
   entry in the catalog. #}
{% macro _relation_columns(test, model) %}
    {%- if model is string -%}
        {%- do exceptions.raise_compiler_error(
            "dbt_expectations." ~ test ~ ": the config `where` does not apply, as the test looks at no rows"
        ) -%}
    {%- endif -%}
    {%- do return(adapter.get_columns_in_relation(model)) -%}
{% endmacro %}

{# Column names as the test compares them; `transform` is the Jinja filter applied to both sides. #}
{% macro _comparable_names(test, names, transform) %}
    {%- do dbt_expectations._check_choice(test, "transform", transform, ["upper", "lower", "trim", "string"]) -%}
    {%- do return(names | map("replace", '"', "") | map(transform) | list) -%}
{% endmacro %}
