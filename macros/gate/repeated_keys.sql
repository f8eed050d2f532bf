{# How many rows repeat a key, counted for `unique` and `unique_within_load` of the gate from the distinct values: by
   sorting one column, which takes half as long as numbering the rows. None for other tests. #}
{% macro repeated_keys(node) %}
    {% set per = {'unique': '', 'unique_within_load': ' group by load_id'}.get(qualified_test_name(node)) %}
    {% if per is none or not counts_rows_only(node) %}
        {% do return(none) %}
    {% endif %}
    {% set column = node.test_metadata.kwargs.column_name %}
    {% set where = ' where ' ~ node.config.where ~ '\n' if node.config.where else '' %}
    {% do return(
        'select count(' ~ column ~ ') - count(distinct ' ~ column ~ ') as repeated from '
        ~ relation_of('orders_parsed') ~ where ~ per
    ) %}
{% endmacro %}
