{# A select of how many rows repeat a key, for `unique` and `unique_within_load`: by grouping, which takes half as long as
   numbering the rows, and less where there is an index in that order. Of a column that has a unique index the database
   itself has refused them. None for other tests. #}
{% macro repeated_keys(node) %}
    {% set rule = qualified_test_name(node) %}
    {% if rule not in ['unique', 'unique_within_load'] or not counts_rows_only(node) %}
        {% do return(none) %}
    {% endif %}
    {% set column = node.test_metadata.kwargs.column_name %}
    {% set relation = tested_relation(graph.nodes[node.attached_node]) %}
    {% if rule == 'unique' and has_unique_index(relation, column) %}
        {% do return('select 0 as repeated') %}
    {% endif %}
    {% set order_ids = counted_order_ids() if node.attached_node == gate_model_id('orders') and column == 'order_id' and not node.config.where else none %}
    {% if order_ids %}
        {% do return(
            'select records - 1 as repeated from ' ~ order_ids ~ ' as counted' if rule == 'unique' else
            'select count(*) - 1 as repeated from ' ~ relation ~ ' where order_id in (select order_id from ' ~ order_ids
            ~ ' as counted) group by order_id, load_id having count(*) > 1'
        ) %}
    {% endif %}
    {% set where = ' and (' ~ node.config.where ~ '\n)' if node.config.where else '' %}
    {% do return(
        'select count(*) - 1 as repeated from ' ~ relation ~ ' where ' ~ column ~ ' is not null' ~ where
        ~ ' group by ' ~ column ~ (', load_id' if rule == 'unique_within_load') ~ ' having count(*) > 1'
    ) %}
{% endmacro %}

{# Whether the database keeps a column's values from repeating. #}
{% macro has_unique_index(relation, column) %}{% do return(adapter.dispatch('has_unique_index')(relation, column)) %}{% endmacro %}
{% macro default__has_unique_index(relation, column) %}{% do return(false) %}{% endmacro %}

{% macro postgres__has_unique_index(relation, column) %}
    {% do return(run_query(
        'select exists (select from pg_index inner join pg_attribute on attrelid = indrelid and attnum = indkey[0] where indrelid = '
        ~ quote_literal(relation) ~ '::regclass and attname = ' ~ quote_literal(column)
        ~ ' and indisunique and indisvalid and indnkeyatts = 1 and indpred is null)'
    ).rows[0][0]) %}
{% endmacro %}
