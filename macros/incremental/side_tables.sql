{# What an incremental build of a model works with, in schema meta until its transaction ends. No temporary tables: those would
   keep every query that reads them from running in parallel. #}
{% macro side_table_names() %}
    {% do return([
        'touched_orders', 'staged_orders', 'differing_orders', 'changed_customers', 'known_totals', 'staged_purchases',
        'changed_times', 'changed_rows', 'changed_labels', 'changed_features', 'same_boundaries',
    ]) %}
{% endmacro %}

{# The side table of the model that is being built. #}
{% macro side_table(name) -%}
    {{ return(adapter.quote(generate_schema_name('meta', none) | trim) ~ '.' ~ adapter.quote(name ~ '__' ~ model.name)) }}
{%- endmacro %}

{% macro drop_side_tables() -%}
    drop table if exists
    {%- for name in side_table_names() %} {{ side_table(name) }}{{ ',' if not loop.last }}{% endfor %}
{%- endmacro %}
