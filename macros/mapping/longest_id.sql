{# How many characters an id may have: of 4 bytes each they fit into every index, whose rows end at 2704 bytes. #}
{% macro longest_id() %}
    {% do return(255) %}
{% endmacro %}

{# The columns that indexes are on. #}
{% macro id_columns() %}
    {% do return(['order_id', 'customer_id']) %}
{% endmacro %}
