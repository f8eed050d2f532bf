{# The time from `start` to `end` that dbt's --sample asks for; none in other builds. #}
{% macro sample_window() %}
    {% do return(invocation_args_dict.get('sample')) %}
{% endmacro %}
