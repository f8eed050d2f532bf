{# How many characters an id may have: of 4 bytes each they fit into every index, whose rows end at 2704 bytes. #}
{% macro longest_id() %}{% do return(255) %}{% endmacro %}

{# The columns that indexes are on. #}
{% macro id_columns() %}
    {% set own = ['event_id'] if is_mapped('event_id') else [] %}
    {% do return(['order_id', 'customer_id'] if source_at_work() == 'orders' else own + [key_of_source()]) %}
{% endmacro %}

{# Where the text is the file's; of an expression that may raise the texts that it reads, so about. #}
{% macro is_long_id(name) %}{{ name }} is null and length({{ name }}_raw) > {{ longest_id() }}{% endmacro %}
