{# Whether the id of an order, or event, is made of the place of its record: then a record that two files have is two orders. #}
{% macro id_names_place() %}
    {% set expression = orders_mapping()['columns'][key_of_records()[0]].get('expression', '') %}
    {% do return(modules.re.search('(?i)\\b(file_name|line_number|load_id)\\b', words_of_expression(expression)) is not none) %}
{% endmacro %}
