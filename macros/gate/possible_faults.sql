{# An aggregate over all rows of orders_parsed, for the scan that counts the row rules: at least as many as the default rule
   finds, and 0 only where it finds none. Then the rule need not look for itself. None for other rules. #}
{% macro possible_faults(node) %}
    {% set meta = rule_entry(node.name) %}
    {% if node.name == 'no_order_in_the_future' %}
        {% do return(possible_future_orders(meta.get('days', 1))) %}
    {% elif node.name == 'no_placeholder_date' %}
        {% do return('count(*) filter (where ' ~ is_placeholder_date(meta.get('dates', placeholder_dates())) ~ ')') %}
    {% elif node.name == 'no_isolated_order' %}
        {% do return(possible_isolated_orders(meta.get('days', 365))) %}
    {% elif node.name == 'one_currency' %}
        {% set any = '(select currency from ' ~ relation_of('orders_parsed') ~ ' where currency is not null limit 1)' %}
        {% do return('0' if is_pinned('currency') else 'count(*) filter (where currency <> ' ~ any ~ ')') %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{% macro has_possible_faults(node) %}
    {% set rules = ['no_order_in_the_future', 'no_placeholder_date', 'no_isolated_order', 'one_currency'] %}
    {% do return(
        node.name in rules and is_default_rule(node) and not (node.config.store_failures or flags.STORE_FAILURES)
        and (node.name != 'one_currency' or is_mapped('currency') or is_pinned('currency'))
    ) %}
{% endmacro %}

{# Times after the first load, and of these only those after their own: its time stands at its number in an array. #}
{% macro possible_future_orders(span) -%}
    {%- set loads -%}
        {{ source('raw', 'loads') }} where {{ is_active_load() }} and source = {{ quote_literal(orders_mapping().source) }}
    {%- endset -%}
    {%- for column in time_columns() -%}
    {{ ' + ' if not loop.first }}count(*) filter (
        where {{ column }} > (select min(loaded_at) + {{ days(span) }} from {{ loads }})
        and {{ column }} > (
            select array_agg(loaded_at + {{ days(span) }} order by number)
            from generate_series(1, (select max(load_id) from {{ loads }})) as numbers (number)
            left join {{ source('raw', 'loads') }} as loads on loads.load_id = numbers.number
        )[load_id]
    )
    {%- endfor -%}
{%- endmacro %}

{# An order that lies apart is beyond the ends of any sample, or next to a gap in it. #}
{% macro possible_isolated_orders(span) -%}
    {%- set sample -%}
        (select order_ts from {{ relation_of('orders_parsed') }} tablesample system ({{ sample_percent() }}) repeatable (1) where order_ts is not null)
    {%- endset -%}
    count(*) filter (where order_ts < (select min(order_ts) - {{ days(span) }} from {{ sample }} as sampled))
        + count(*) filter (where order_ts > (select max(order_ts) + {{ days(span) }} from {{ sample }} as sampled))
        + (
            select count(*)
            from (select order_ts, lag(order_ts) over (order by order_ts) as before_ts from {{ sample }} as sampled) as in_order
            where order_ts > before_ts + {{ days(span) }} or before_ts is null
        ) - 1
{%- endmacro %}

{# Some ten thousand rows, and all of a small table. #}
{% macro sample_percent() %}
    {% set rows = run_query(
        'select reltuples from pg_class where oid = ' ~ quote_literal(relation_of('orders_parsed')) ~ '::regclass'
    ).rows[0][0] %}
    {% do return([100, [0.1, 1000000 / ([rows, 1] | max)] | max] | min) %}
{% endmacro %}
