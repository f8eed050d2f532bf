{# on-run-start: the target's schema can be a prefix, one of which `ready` knows where it is at work, and a build with --empty
   has one. #}
{% macro require_prefix() %}
    {% set schemas = [] %}
    {% for name in ['stg', 'feats', 'meta'] if (generate_schema_name(name, none) | trim) != schema_prefix() ~ name %}
        {% do schemas.append(name ~ ' ' ~ (generate_schema_name(name, none) | trim)) %}
    {% endfor %}
    {% if execute and schemas %}
        {% do exceptions.raise_compiler_error(
            'generate_schema_name of the project calls ' ~ schemas | join(' and ') ~ ': give stg, feats and meta one prefix, such as pr12_, or none'
        ) %}
    {% elif execute and not modules.re.fullmatch('[a-z_][a-z0-9_]*', schema_prefix() or 'none') %}
        {% do exceptions.raise_compiler_error(
            "the schema of this target, '" ~ target.schema ~ "', becomes the prefix of stg, feats and meta: write it in a to z, 0 to 9 and _, "
            ~ 'and not with a digit first, such as pr12'
        ) %}
    {% elif execute and schema_prefix() and not env_var('READY_SCHEMA_PREFIX', '') and env_var('READY_BUILD_LOCK', '') %}
        {% do exceptions.raise_compiler_error(
            'ready reads and locks meta, and the schema of this target has ' ~ schema_prefix() ~ 'meta: use dbt without ready, or name the prefix '
            ~ 'for both: READY_SCHEMA_PREFIX=' ~ schema_prefix()
        ) %}
    {% endif %}
    {% if execute and sample_window() and not schema_prefix() %}
        {% do exceptions.raise_compiler_error(
            '--sample would put tables of a part of the orders in the place of whole ones: nothing was changed. ready dbt builds it in '
            ~ 'schemas of its own, as dbt does with a prefix: READY_SCHEMA_PREFIX=sample_ dbt build --sample ...'
        ) %}
    {% endif %}
    {% if execute and flags.EMPTY and not schema_prefix() %}
        {% do exceptions.raise_compiler_error(
            '--empty would put empty tables in the place of stg, whose history and counts of loads then say what is not so: nothing was '
            ~ 'changed. ready dbt builds it in schemas of its own, as dbt does with a prefix: READY_SCHEMA_PREFIX=empty_ dbt build --empty'
        ) %}
    {% endif %}
{% endmacro %}
