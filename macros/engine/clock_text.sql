{# What a clock without a zone shows at so many microseconds since 1970: 2024-01-03 11:47:25.000000. #}
{% macro clock_text(micros) %}{{ return(adapter.dispatch('clock_text')(micros)) }}{% endmacro %}

{% macro postgres__clock_text(micros) -%}
    to_char(timestamp 'epoch' + {{ micros }} * interval '1 microsecond', 'YYYY-MM-DD HH24:MI:SS.US')
{%- endmacro %}

{# dbt's session is in UTC. #}
{% macro spark__clock_text(micros) -%}
    date_format(timestamp_micros({{ micros }}), 'yyyy-MM-dd HH:mm:ss.SSSSSS')
{%- endmacro %}
