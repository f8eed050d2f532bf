{# A local time of a zone, known now, as an instant. #}
{% macro instant_literal(local_time, zone) %}{{ return(adapter.dispatch('instant_literal')(local_time, zone)) }}{% endmacro %}

{% macro postgres__instant_literal(local_time, zone) -%}
    timestamptz {{ quote_literal(local_time ~ ' ' ~ zone) }}
{%- endmacro %}

{% macro spark__instant_literal(local_time, zone) %}timestamp {{ quote_literal(local_time ~ ' ' ~ zone) }}{% endmacro %}
