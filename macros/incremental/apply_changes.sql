{# Statements that bring a kept table from one state to another. #}
{% macro apply_changes(kept_by, relation, sql, held, state) -%}
    {{ return(adapter.dispatch('apply_changes')(kept_by, relation, sql, held, state)) }}
{%- endmacro %}

{% macro postgres__apply_changes(kept_by, relation, sql, held, state) -%}
    {%- set arrived = ids_of(state.loads | reject('in', held.loads)) -%}
    {%- set gone = ids_of(held.loads | reject('in', state.loads)) -%}
    {%- if kept_by == 'customer' -%}
        {{ apply_changed_customers(relation, sql, held, state) }}
    {%- elif not arrived and not gone -%}
        select 1 where false
    {%- elif kept_by == 'load' -%}
        {{ apply_changed_loads(relation, of_loads(sql, ids_of(state.loads)) if reads_raw() else sql, arrived, gone) }}
    {%- else -%}
        {{ apply_touched_orders(relation, sql, arrived, gone) }}
    {%- endif -%}
{%- endmacro %}

{# Rows come and go with their load. Told by number, so that the planner knows how few rows a load has. #}
{% macro apply_changed_loads(relation, sql, arrived, gone) -%}
    delete from {{ relation }} where load_id in ({{ (arrived + gone) | unique | join(', ') }});
    insert into {{ relation }} {{ uncovered(sql) | replace(changed_loads(), '(' ~ (arrived or ['null']) | join(', ') ~ ')') }}
{%- endmacro %}

{# The orders that a load brought or took away are staged anew from all loads. The journal tells what came of it. #}
{% macro apply_touched_orders(relation, sql, arrived, gone) -%}
    create unlogged table {{ side_table('touched_orders') }} as
    select order_id from {{ ref(config.get('loads_from')[0]) }} where load_id in ({{ (arrived + ['null']) | join(', ') }})
    union
    select order_id from {{ relation }} where load_id in ({{ (gone + ['null']) | join(', ') }})
    {{- orders_set_free(relation) if gone and order_grain() == 'order_line' }};
    analyze {{ side_table('touched_orders') }};

    create unlogged table {{ side_table('staged_orders') }} as {{ uncovered(sql) }};
    {%- if model.name == changes_come_from() %}
    {%- set columns = (journaled_columns(relation) + place_of_line()) | join(', ') %}

    {%- set held = '(select * from ' ~ relation ~ ' where order_id in (select order_id from ' ~ side_table('touched_orders') ~ ')) as held' %}

    create unlogged table {{ side_table('differing_orders') }} as
    (select {{ columns }} from {{ held }} except all select {{ columns }} from {{ side_table('staged_orders') }})
    union all
    (select {{ columns }} from {{ side_table('staged_orders') }} except all select {{ columns }} from {{ held }});

    -- Of a differing order all states: a new one ends the one before, which may have another time and customer.
    insert into {{ source('meta', 'order_changes') }} (order_id, customer_id, order_ts)
    select order_id, customer_id, min({{ 'least(order_ts, available_at)' if tracks_availability() else 'order_ts' }})
    from (select * from {{ held }} union all select * from {{ side_table('staged_orders') }}) as states
    where order_id in (select order_id from {{ side_table('differing_orders') }})
    group by order_id, customer_id;
    {%- endif %}

    delete from {{ relation }} where order_id in (select order_id from {{ side_table('touched_orders') }});
    insert into {{ relation }} select * from {{ side_table('staged_orders') }}
{%- endmacro %}

{# The orders whose lines were all set aside, and are not any more: a load that went had the one at fault. #}
{% macro orders_set_free(lines) %}
    union
    select order_id from {{ ref('orders_parsed') }} as parsed
    where not exists (select from {{ lines }} as held where held.order_id = parsed.order_id)
{%- endmacro %}

{# All columns but the lineage: the same order from another line changes no feature. #}
{% macro journaled_columns(relation) %}
    {% do return(
        adapter.get_columns_in_relation(relation) | map(attribute='name')
        | reject('in', ['load_id', 'line_number', 'line_count']) | list
    ) %}
{% endmacro %}

{# A line's place in its order, since the first one opens it: of lines of the same instant their loads decide. #}
{% macro place_of_line() %}
    {% set place = 'row_number() over (partition by order_id order by ' ~ order_of_lines() ~ ')' %}
    {% do return([place] if order_grain() == 'order_line' else []) %}
{% endmacro %}

{# Purchases from the first that changed on: their running totals are others. A customer keeps its key. Where orders have
   several states a purchase also says when the customer became known, so all of the customer's are written anew. #}
{% macro apply_changed_customers(relation, sql, held, state) -%}
    {{ create_changed_customers(held, state) }}
    alter table {{ side_table('changed_customers') }} add column customer_key integer;
    {%- if tracks_availability() %}
    update {{ side_table('changed_customers') }} set first_change_ts = '-infinity';
    {%- endif %}
    -- As a subquery that is not merged into the update: that would visit the table and not the index alone.
    update {{ side_table('changed_customers') }} as changed set customer_key = known.customer_key
    from (select distinct customer_id, customer_key from {{ relation }} where {{ is_first_known() }}) as known
    where known.customer_id = changed.customer_id;

    update {{ side_table('changed_customers') }} as changed set customer_key = added.customer_key
    from (
        select
            customer_id,
            row_number() over (order by customer_id)
            + (select coalesce(max(customer_key), 0) from {{ relation }}) as customer_key
        from {{ side_table('changed_customers') }}
        where customer_key is null
    ) as added
    where added.customer_id = changed.customer_id;
    {%- if not tracks_availability() %}
    {{ create_known_totals(relation) }}
    {%- endif %}

    -- Apart from the insert, which would keep it from running in parallel.
    create unlogged table {{ side_table('staged_purchases') }} as {{ uncovered(sql) }};
    delete from {{ relation }} as held using {{ side_table('changed_customers') }} as changed
    where held.customer_key = changed.customer_key and held.order_ts >= changed.first_change_ts;
    insert into {{ relation }} select * from {{ side_table('staged_purchases') }}
{%- endmacro %}

{# Each changed customer's running totals just before its first change: those of its purchases from there on continue them. #}
{% macro create_known_totals(purchases) -%}
    create unlogged table {{ side_table('known_totals') }} as
    select changed.customer_key, known.*
    from {{ side_table('changed_customers') }} as changed
    left join lateral (
        select
            {%- for name, _ in running_totals(feature_definition()) %}
            held.{{ name }},
            {%- endfor %}
            held.{{ first_known_column() }}
        from {{ purchases }} as held
        where held.customer_key = changed.customer_key and held.order_ts < changed.first_change_ts
        order by held.order_ts desc
        limit 1
    ) as known on true;
    analyze {{ side_table('known_totals') }};
{%- endmacro %}

{# The customers whose orders have changed between two states, each with the earliest of these orders: no feature row up to
   its time is another. #}
{% macro create_changed_customers(held, state) -%}
    create unlogged table {{ side_table('changed_customers') }} as
    select customer_id, min(order_ts) as first_change_ts
    from {{ source('meta', 'order_changes') }}
    where change_id > {{ held.last_change }} and change_id <= {{ state.last_change }}
    group by customer_id;
    analyze {{ side_table('changed_customers') }};
{%- endmacro %}
