{# dbt's own macro, which it calls before it creates anything: here `dbt clone` is refused, in one sentence and not once a model. #}
{% macro list_schemas(database) %}
    {% if flags.WHICH == 'clone' %}
        {% do exceptions.raise_compiler_error(
            "dbt clone makes views on PostgreSQL, and no build here goes on from views or publishes what is made of them: read the other "
            ~ 'environment instead, dbt build -s state:modified+ --defer --state FOLDER with a schema prefix'
        ) %}
    {% endif %}
    {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{% endmacro %}
