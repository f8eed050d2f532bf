{# While a build is not yet accepted its models and tests read each other's candidates; readers never do. Nor does a view of
   a candidate that goes when it is published, which one of changes does: it is of the table that then has these. #}
{% macro ref() %}
    {% set relation = builtins.ref(*varargs, **kwargs) %}
    {% set candidate = standing_candidate(relation) if execute else none %}
    {% set goes = candidate and candidate.is_view and (model.config or {}).get('materialized') == 'view' %}
    {% do return(relation if goes else candidate or relation) %}
{% endmacro %}
