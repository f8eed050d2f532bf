{# Whether the id of an order is made of where its record stands: then a record that two files have is two orders. #}
{% macro id_tells_place() %}
    {% set expression = orders_mapping()['columns'].order_id.get('expression', '') %}
    {% do return(modules.re.search('(?i)\\b(file_name|line_number|load_id)\\b', words_of_expression(expression)) is not none) %}
{% endmacro %}
