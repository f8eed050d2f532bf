{# Stops where a setting of the configs has none of the values it can have. what: its name, with the file's before it. #}
{% macro require_one_of(what, value, choices) %}
    {% if value not in choices %}
        {% set allowed = 'neither ' ~ choices | join(' nor ') if choices | length == 2 else 'none of ' ~ choices | join(', ') %}
        {% do exceptions.raise_compiler_error(what ~ ": '" ~ value ~ "' is " ~ allowed) %}
    {% endif %}
{% endmacro %}
