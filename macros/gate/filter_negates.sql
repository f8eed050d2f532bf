{# Whether the filter `rows` says what records are not: then a value that is missing may be meant. #}
{% macro filter_negates() %}
    {% set rest = modules.re.split(expression_parts(), orders_mapping().rows or '')[::2] | join(' ') %}
    {% do return(modules.re.search('(?i)<>|!=|\\bnot\\b', modules.re.sub('(?i)\\bis\\s+not\\s+(null|distinct)\\b', '', rest)) is not none) %}
{% endmacro %}
