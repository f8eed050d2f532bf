{# What customer_purchases carries to date for the lifetime features: a list of (column, aggregate). None where orders
   have several states: a sum to date would count an order in each of them. #}
{% macro running_totals(definition) %}
    {% if not carries_totals() %}
        {% do return([]) %}
    {% endif %}
    {% set carried = {'sum': ['sum'], 'avg': ['sum', 'count'], 'min': ['min'], 'max': ['max']} %}
    {% set of_lines = order_grain() == 'order_line' %}
    {% set totals = {'orders_to_date': 'count(case when opens_order then 1 end)' if of_lines else 'count(*)'} %}
    {% if of_lines %}
        {% do totals.update({last_order_column(): 'max(case when opens_order then order_ts end)'}) %}
    {% endif %}
    {% for aggregation in definition.totals if not reads_whole_past(aggregation) %}
        {% for function in carried.get(aggregation.function, []) %}
            {% do totals.update({
                function ~ '_' ~ aggregation.column ~ '_to_date': function ~ '(' ~ aggregation.column ~ ')'
            }) %}
        {% endfor %}
    {% endfor %}
    {% do return(totals.items() | list) %}
{% endmacro %}

{# These, and when the customer became known. #}
{% macro totals_to_date() %}
    {% do return(running_totals(feature_definition()) + [(first_known_column(), 'min(order_ts)')]) %}
{% endmacro %}

{# The lifetime features that no running total gives: texts, quantiles, and an order's value, which changes with each of its lines. #}
{% macro totals_of_whole_past(definition) %}
    {% set totals = [] %}
    {% for aggregation in definition.totals if reads_whole_past(aggregation) %}
        {% do totals.append(aggregation) %}
    {% endfor %}
    {% do return(totals) %}
{% endmacro %}

{% macro reads_whole_past(aggregation) %}
    {% do return(picks_text(aggregation) or aggregation.level or (aggregation.column and aggregates_orders_of_lines(aggregation))) %}
{% endmacro %}

{# One of them just before the first change of a customer that is due, null for a new one. As text it keeps every digit. #}
{% macro total_before(name, aggregate) -%}
    {%- set type = 'bigint' if aggregate.startswith('count') else 'timestamptz' if 'order_ts' in aggregate else 'numeric' -%}
    {{ return("cast(customers_due.totals_before ->> '" ~ name ~ "' as " ~ type ~ ')') }}
{%- endmacro %}

{# A running total that goes on from one that is known: nulls count for nothing, as in an aggregate. #}
{% macro continued(aggregate, over, known) -%}
    {%- set further = aggregate ~ ' ' ~ over -%}
    {%- set extreme = {'min': 'least', 'max': 'greatest'}.get(aggregate[:3]) -%}
    {{ extreme ~ '(' ~ known ~ ', ' ~ further ~ ')' if extreme else 'coalesce(' ~ known ~ ' + ' ~ further ~ ', ' ~ known ~ ', ' ~ further ~ ')' }}
{%- endmacro %}

{# A lifetime feature from what known_to_date gives, aliased `latest`. #}
{% macro total_to_date(aggregation) -%}
    {%- set to_date = '_' ~ aggregation.column ~ '_to_date' -%}
    {%- do require_total(aggregation) -%}
    {%- if not carries_totals() or reads_whole_past(aggregation) -%}
        latest.{{ aggregation.name }}_total
    {%- elif aggregation.function == 'count' -%}
        coalesce(latest.orders_to_date, 0)
    {%- elif aggregation.function == 'sum' -%}
        cast(coalesce(latest.sum{{ to_date }}, 0) as {{ type_amount() }})
    {%- elif aggregation.function == 'avg' -%}
        {{ exact_average('latest.sum' ~ to_date, 'latest.count' ~ to_date) }}
    {%- else -%}
        cast(latest.{{ aggregation.function ~ to_date }} as {{ type_amount() }})
    {%- endif -%}
{%- endmacro %}

{% macro require_total(aggregation) %}
    {% if aggregation.value is not none or aggregation.function in ['stddev', 'count_distinct'] %}
        {% do exceptions.raise_compiler_error(
            "features.yaml: totals: '" ~ aggregation.name ~ "' has no lifetime total; stddev, count_distinct and categories have none"
        ) %}
    {% endif %}
{% endmacro %}
