{# Plain dbt reads PG*, not DATABASE_URL: without this it would build in another database in silence. #}
{% macro require_pg_variables() %}
    {% if execute and env_var('DATABASE_URL', '') and not env_var('PGHOST', '') %}
        {% do exceptions.raise_compiler_error(
            'DATABASE_URL is set, but dbt reads the PG* variables. '
            ~ 'Run: eval "$(ready env)", then dbt again; or use: ready dbt ...'
        ) %}
    {% endif %}
{% endmacro %}
