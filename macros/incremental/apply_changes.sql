{# Statements that bring a kept table from one state to another. #}
{% macro apply_changes(kept_by, relation, sql, earlier, state) -%}
    {%- set arrived = ids_of(state.loads | reject('in', earlier.loads)) -%}
    {%- set gone = ids_of(earlier.loads | reject('in', state.loads)) -%}
    {%- if kept_by == 'customer' -%}
        {{ apply_changed_customers(relation, sql, earlier, state) }}
    {%- elif not arrived and not gone -%}
        select 1 where false
    {%- elif kept_by == 'load' -%}
        {#- Rows come and go with their load. -#}
        {{ build_in_part() }}
        {{ read_loads(arrived) }}
        delete from {{ relation }} where load_id in ({{ (arrived + gone) | unique | join(', ') }});
        insert into {{ relation }} {{ sql }}
    {%- else -%}
        {{ apply_touched_orders(relation, sql, arrived, gone) }}
    {%- endif -%}
{%- endmacro %}


{# The orders that a load brought or took away are staged again from all loads, or the rows of a source by their key. The journal
   records what came of it. #}
{% macro apply_touched_orders(relation, sql, arrived, gone) -%}
    {%- set staged = staged_rows(relation) -%}
    {%- set key = 'order_id' if kept_setting('kept_by') == 'order' else key_of_rows() -%}
    {%- set is_due = key ~ ' in (select order_id from ' ~ plan_relation('orders_due') ~ ')' -%}
    {%- if key == 'load_id' -%}
        {%- set is_due = 'load_id in (' ~ (arrived + gone) | unique | join(', ') ~ ')' -%}
        {{ read_loads(arrived) }}
    {%- else -%}
    {%- set due -%}
    select {{ key }} from {{ ref(kept_setting('loads_from')[0]) }}
    where load_id in ({{ (arrived + ['null']) | join(', ') }}) and {{ key }} is not null
    union
    select {{ key }} from {{ relation }} where load_id in ({{ (gone + ['null']) | join(', ') }})
    {%- if gone and order_grain() == 'order_line' %}
    union
    -- The orders whose lines were all set aside, and are not any more: a load that went had the one at fault.
    select order_id from {{ ref('orders_parsed') }} as parsed
    where order_id is not null and not exists (select from {{ relation }} as lines where lines.order_id = parsed.order_id)
    {%- endif %}
    {%- endset -%}
    {{ plan('orders_due', due) }}
    {%- endif %}
    {{ build_in_part() }}
    create unlogged table {{ staged }} as {{ sql }};
    {%- if kept_setting('kept_by') == 'key' %}
    {{ journal_of_source(relation, staged, is_due) }};
    {%- elif model.name == changes_come_from() %}
    {%- set columns = journaled_columns(relation) | join(', ') %}
    {%- set before = '(select * from ' ~ relation ~ ' where ' ~ is_due ~ ') as before' %}

    -- Of a differing order all states: a new one ends the one before, which may have another time and customer.
    insert into {{ source('meta', 'order_changes') }} (order_id, customer_id, order_ts)
    select order_id, customer_id, min({{ 'least(order_ts, available_at)' if tracks_availability() else 'order_ts' }})
    from (select * from {{ before }} union all select * from {{ staged }}) as states
    where order_id in (
        (select order_id from (select {{ columns }} from {{ before }} except all select {{ columns }} from {{ staged }}) as gone)
        union all
        (select order_id from (select {{ columns }} from {{ staged }} except all select {{ columns }} from {{ before }}) as new)
    )
    group by order_id, customer_id;
    {%- endif %}

    delete from {{ relation }} where {{ is_due }};
    insert into {{ relation }} select * from {{ staged }}
{%- endmacro %}

{# The customers of whom a row of the source came, went or is another, each since when the earliest of these is known: no row of
   features up to then moves. #}
{% macro journal_of_source(relation, staged, is_due) -%}
    {%- set columns = columns_of_features(relation) | join(', ') -%}
    insert into {{ source('meta', 'order_changes') }} (source, customer_id, order_ts)
    with before as materialized (
        select {{ columns }} from {{ relation }} where {{ is_due }}
    ),

    after as (
        select {{ columns }} from {{ staged }}
    )

    select {{ quote_literal(source_at_work()) }}, customer_id, min(available_at)
    from (
        (select * from before except all select * from after)
        union all
        (select * from after except all select * from before)
    ) as differing
    group by customer_id
{%- endmacro %}

{# All columns but the lineage, and but an id that is made of it and that no feature reads. #}
{% macro columns_of_features(relation) %}
    {% set features = source_at_work() ~ '_features' %}
    {% set is_known = 'model.raw_to_ready.' ~ features in graph.nodes %}
    {% set is_read = not is_known or 'event_id' in measured_columns(feature_definition(features).aggregations) %}
    {% set left_out = ['load_id', 'line_number'] + (['event_id'] if key_of_rows() == 'load_id' and not is_read else []) %}
    {% do return(adapter.get_columns_in_relation(relation) | map(attribute='name') | reject('in', left_out) | map('tojson') | list) %}
{% endmacro %}

{# The new rows of a kept table until they are in it: an insert of the model's SQL would not be run in parallel. #}
{% macro staged_rows(relation) %}{% do return(beside(relation, 'staged')) %}{% endmacro %}

{# All columns but the lineage: the same order from another line changes no feature. Of a line also its place in its order, since
   the first one opens it: of lines of the same instant their loads decide. #}
{% macro journaled_columns(relation) %}
    {% set place = 'row_number() over (partition by order_id order by ' ~ order_of_lines() ~ ')' %}
    {% do return(
        adapter.get_columns_in_relation(relation) | map(attribute='name') | reject('in', ['load_id', 'line_number', 'line_count']) | list
        + ([place] if order_grain() == 'order_line' else [])
    ) %}
{% endmacro %}

{# Purchases from the first that changed on: their running totals change. A customer keeps its key. Where orders have
   several states a purchase also says when the customer became known, so all of the customer's are written again. #}
{% macro apply_changed_customers(relation, sql, earlier, state) -%}
    {%- set due = source('plan', 'customers_due') -%}
    {%- set staged = staged_rows(relation) -%}
    {{ plan_changed_customers(earlier, state) }}
    {%- if tracks_availability() %}
    update {{ due }} set first_change_ts = '-infinity';
    {%- endif %}
    -- As a subquery that is not merged into the update: that would visit the table and not the index alone.
    update {{ due }} as due set customer_key = known.customer_key
    from (select distinct customer_id, customer_key from {{ relation }} where {{ is_first_known() }}) as known
    where known.customer_id = due.customer_id;

    update {{ due }} as due set customer_key = added.customer_key
    from (
        select
            customer_id,
            row_number() over (order by customer_id)
            + (select coalesce(max(customer_key), 0) from {{ relation }}) as customer_key
        from {{ due }}
        where customer_key is null
    ) as added
    where added.customer_id = due.customer_id;
    {%- if not tracks_availability() %}
    update {{ due }} as due set totals_before = (
        select to_jsonb(known) from (
            select {{ totals_to_date() | map('first') | join(', ') }}
            from {{ relation }} as kept
            where kept.customer_key = due.customer_key and kept.order_ts < due.first_change_ts
            order by kept.order_ts desc
            limit 1
        ) as known
    );
    {%- endif %}
    {{ build_in_part() }}
    create unlogged table {{ staged }} as {{ sql }};
    delete from {{ relation }} as kept using {{ due }} as due
    where kept.customer_key = due.customer_key and kept.order_ts >= due.first_change_ts;
    insert into {{ relation }} select * from {{ staged }}
{%- endmacro %}

{# The customers whose orders have changed between two states, each with the time of the earliest of these orders: feature rows up
   to then stay as they are. #}
{% macro plan_changed_customers(earlier, state) -%}
    {%- set changed -%}
    select customer_id, min(order_ts) as first_change_ts
    from {{ source('meta', 'order_changes') }}
    where change_id > {{ earlier.last_change }} and change_id <= {{ state.last_change }} and source = {{ quote_literal(source_at_work()) }}
    group by customer_id
    {%- endset -%}
    {{ plan('customers_due', changed) }}
{%- endmacro %}
