{# on-run-start: the driver keeps the encoding of its login, which a server, database or role may have set to another than UTF-8. #}
{% macro require_encoding() %}{{ return(adapter.dispatch('require_encoding')()) }}{% endmacro %}

{% macro postgres__require_encoding() %}
    {% set encoding = run_query('show client_encoding').rows[0][0] if execute else 'UTF8' %}
    {% if encoding != 'UTF8' %}
        {% do exceptions.raise_compiler_error(
            'dbt would speak ' ~ encoding ~ ' with the database, by its client_encoding, and SQL and data are UTF-8: set PGCLIENTENCODING=UTF8, '
            ~ 'as ready dbt and eval "$(ready env)" do'
        ) %}
    {% endif %}
    {% if execute and run_query("select current_setting('application_name') = 'dbt raw_to_ready' and current_setting('lc_time') = 'C'").rows[0][0] is false %}
        {% do exceptions.raise_compiler_error(
            'the profile of this target lacks a line that results or the lock of builds go by: give it role and application_name as '
            ~ 'profiles/profiles.yml of raw_to_ready has them'
        ) %}
    {% endif %}
{% endmacro %}

{% macro spark__require_encoding() %}{% endmacro %}
