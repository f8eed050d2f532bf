{# What customer_purchases carries to date for the lifetime features: a list of (column, aggregate). #}
{% macro running_totals(definition) %}
    {% set totals = {'orders_to_date': 'count(*)'} %}
    {% for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {% if aggregation.function in ['sum', 'avg'] %}
            {% do totals.update({aggregation.column ~ '_to_date': 'sum(' ~ aggregation.column ~ ')'}) %}
        {% elif aggregation.function in ['min', 'max'] %}
            {% do totals.update({
                aggregation.function ~ '_' ~ aggregation.column ~ '_to_date':
                    aggregation.function ~ '(' ~ aggregation.column ~ ')'
            }) %}
        {% endif %}
    {% endfor %}
    {% do return(totals.items() | list) %}
{% endmacro %}

{# A lifetime feature from the running totals of the last purchase before feature_time, aliased `latest`. #}
{% macro total_to_date(aggregation) -%}
    {%- if aggregation.value is not none or aggregation.function in ['stddev', 'count_distinct'] -%}
        {% do exceptions.raise_compiler_error(
            "features.yaml: totals: '" ~ aggregation.name ~ "' has no lifetime total; count, sum, avg, min and max have one"
        ) %}
    {%- elif aggregation.function == 'count' -%}
        latest.orders_to_date
    {%- elif aggregation.function == 'sum' -%}
        cast(latest.{{ aggregation.column }}_to_date as {{ type_amount() }})
    {%- elif aggregation.function == 'avg' -%}
        {{ exact_average('latest.' ~ aggregation.column ~ '_to_date', 'latest.orders_to_date') }}
    {%- else -%}
        cast(latest.{{ aggregation.function }}_{{ aggregation.column }}_to_date as {{ type_amount() }})
    {%- endif -%}
{%- endmacro %}
