{# Whether the filter `rows` says what records are not: then a value that is missing may be meant. #}
{% macro filter_negates() %}
    {% set words = words_of_expression(orders_mapping().rows or '') %}
    {% do return(modules.re.search('(?i)<>|!=|\\bnot\\b', modules.re.sub('(?i)\\bis\\s+not\\s+(null|distinct)\\b', '', words)) is not none) %}
{% endmacro %}
