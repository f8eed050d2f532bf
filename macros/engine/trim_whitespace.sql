{# Blanks, tabs, line ends and no-break spaces removed from both ends. #}
{% macro trim_whitespace(text) %}{{ return(adapter.dispatch('trim_whitespace')(text)) }}{% endmacro %}
{% macro postgres__trim_whitespace(text) %}btrim({{ text }}, E' \t\n\r\f\v\u00a0'){% endmacro %}
{% macro spark__trim_whitespace(text) %}btrim({{ text }}, ' \u0009\u000a\u000d\u000c\u000b\u00a0'){% endmacro %}
