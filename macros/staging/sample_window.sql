{# The time from `start` to `end` that dbt's --sample asks for; none in other builds. #}
{% macro sample_window() %}
    {% do return(invocation_args_dict.get('sample')) %}
{% endmacro %}

{# A condition: an instant is in the sample; none in other builds. #}
{% macro is_in_sample(instant) %}
    {% set window = sample_window() %}
    {% do return(
        instant ~ ' >= ' ~ instant_literal(window.start.strftime('%Y-%m-%d %H:%M:%S.%f'), 'UTC')
        ~ ' and ' ~ instant ~ ' < ' ~ instant_literal(window.end.strftime('%Y-%m-%d %H:%M:%S.%f'), 'UTC') if window else none
    ) %}
{% endmacro %}
