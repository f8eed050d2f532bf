{# What PostgreSQL has and Spark does not yet: one clear message instead of another engine's SQL. #}
{% macro not_available(what) %}
    {% do exceptions.raise_compiler_error(what ~ ' not available on Spark yet: use PostgreSQL') %}
{% endmacro %}

{# Nothing on Spark keeps a table from being changed: rights are the warehouse's. #}
{% macro spark__protect_history() %}{% endmacro %}
