{# on-run-start: the driver goes by the encoding that it logs in with, which a server, database or role may have set otherwise. #}
{% macro require_encoding() %}
    {{ return(adapter.dispatch('require_encoding')()) }}
{% endmacro %}

{% macro postgres__require_encoding() %}
    {% set encoding = run_query('show client_encoding').rows[0][0] if execute else 'UTF8' %}
    {% if encoding != 'UTF8' %}
        {% do exceptions.raise_compiler_error(
            'dbt would speak ' ~ encoding ~ ' with the database, by its client_encoding, and SQL and data are UTF-8: set PGCLIENTENCODING=UTF8, '
            ~ 'as ready dbt and eval "$(ready env)" do'
        ) %}
    {% endif %}
{% endmacro %}

{% macro spark__require_encoding() %}
{% endmacro %}
