{# While a build is not yet accepted its models and tests read each other's candidates; readers never do. #}
{% macro ref() %}
    {% set relation = builtins.ref(*varargs, **kwargs) %}
    {% do return(standing_candidate(relation) or relation if execute else relation) %}
{% endmacro %}
