{# A select of the order ids that more than one record has. The rules of a run that read it share one look at the index: see
   get_test_sql. #}
{% macro come_again(parsed) -%}
    (select order_id from {{ parsed }} where order_id is not null group by order_id having count(*) > 1)
{%- endmacro %}

{# How many records each order id has that more than one has, counted once a run; where it may be read as a table, else none. #}
{% macro counted_order_ids() %}{% do return(adapter.dispatch('counted_order_ids')()) %}{% endmacro %}
{% macro default__counted_order_ids() %}{% do return(none) %}{% endmacro %}

{# The first rule that asks counts, those beside it wait; for the mode see lock_counts. Grouping in the order of the index runs in
   one process, so four ranges of ids are grouped beside each other; only `create table as` may use several. #}
{% macro postgres__counted_order_ids() %}
    {% set ids = source('meta', 'gate_order_ids') %}
    {% set parsed = relation_of('orders_parsed') %}
    {% do run_query('
        do $gate_block$
        declare
            quarters text[];
        begin
            lock table ' ~ ids ~ ' in share update exclusive mode;
            if exists (select from ' ~ ids ~ ' where invocation_id = ' ~ quote_literal(invocation_id) ~ ') then
                return;
            end if;
            delete from ' ~ ids ~ " where counted_at < now() - interval '1 day';
            select percentile_disc(array[0.25, 0.5, 0.75]) within group (order by order_id) into quarters
            from " ~ parsed ~ ' tablesample system (' ~ sample_percent() ~ ") repeatable (1);
            quarters := coalesce(quarters, array['', '', '']);
            set local parallel_tuple_cost = 0;
            execute format(
                $count$
                create temporary table ids_that_come_again on commit drop as
                " ~ grouped_order_ids(parsed, 'order_id < %1$L') ~ '
                union all ' ~ grouped_order_ids(parsed, 'order_id >= %1$L and order_id < %2$L') ~ '
                union all ' ~ grouped_order_ids(parsed, 'order_id >= %2$L and order_id < %3$L') ~ '
                union all ' ~ grouped_order_ids(parsed, 'order_id >= %3$L') ~ '
                $count$, quarters[1], quarters[2], quarters[3]
            );
            insert into ' ~ ids ~ ' (invocation_id, order_id, records)
            select ' ~ quote_literal(invocation_id) ~ ', null, 0
            union all
            select ' ~ quote_literal(invocation_id) ~ ', order_id, records from ids_that_come_again;
            analyze ' ~ ids ~ ';
        end
        $gate_block$;
        commit
    ') %}
    {% do return(
        '(select order_id, records from ' ~ ids ~ ' where invocation_id = ' ~ quote_literal(invocation_id) ~ ' and order_id is not null)'
    ) %}
{% endmacro %}

{% macro grouped_order_ids(parsed, condition) -%}
    select order_id, count(*) as records from {{ parsed.replace('%', '%%') }} where {{ condition }} group by order_id having count(*) > 1
{%- endmacro %}

{# A rule's SQL with these ids read from where they are counted; none where no order id comes again, so that there is nothing to
   find. #}
{% macro with_counted_order_ids(sql) %}
    {% set asked = come_again(relation_of('orders_parsed')) | string %}
    {% set counted = counted_order_ids() if asked in sql else none %}
    {% if counted is none %}
        {% do return(sql) %}
    {% elif not run_query('select exists ' ~ counted).rows[0][0] %}
        {% do return(none) %}
    {% endif %}
    {% do return(sql.replace(asked, '(select order_id from ' ~ counted ~ ' as counted)')) %}
{% endmacro %}

{# on-run-end: removes the counts of this run. #}
{% macro forget_order_ids() %}{{ return(adapter.dispatch('forget_order_ids')()) }}{% endmacro %}
{% macro default__forget_order_ids() %}{% endmacro %}

{% macro postgres__forget_order_ids() -%}
    {%- if flags.WHICH in ['build', 'run', 'test'] -%}
    delete from {{ source('meta', 'gate_order_ids') }} where invocation_id = {{ quote_literal(invocation_id) }}
    {%- endif -%}
{%- endmacro %}
