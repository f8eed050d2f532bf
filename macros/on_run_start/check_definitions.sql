{# on-run-start of a build: what the definitions of orders.yaml and features.yaml say can be made SQL. orders_mapped is ephemeral,
   and dbt does not say on the terminal why an ephemeral model cannot be compiled. #}
{% macro check_definitions() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% do check_meta() %}
        {% do order_grain() %}
        {% set mapping = orders_mapping() %}
        {% for name, entry in mapping['columns'].items() %}
            {% do mapped_raw_text(name, entry, mapping.null_words) %}
            {% if name in time_columns() %}
                {% do zoned_time(name, entry_of_result(entry)) %}
                {% do mapped_time(name, entry_of_result(entry)) %}
            {% elif name in number_columns() %}
                {% do mapped_number(name, entry_of_result(entry)) %}
            {% endif %}
        {% endfor %}
        {% for name, entry in orders_expressions().items() %}
            {% do mapped_expression(entry) %}
        {% endfor %}
        {% do feature_definition() %}
        {% do spine_source() %}
        {% do check_sources() %}
    {% endif %}
{% endmacro %}
