{# A select of the ids of orders, or of events, that more than one record has. The rules of a run that read it share one look: see
   get_test_sql. #}
{% macro come_again(parsed) -%}
    {%- set id = key_of_records()[0] -%}
    (select {{ id }} from {{ parsed }} where {{ id }} is not null group by {{ id }} having count(*) > 1)
{%- endmacro %}

{# How many records each id of the source at work has that more than one has, counted once a run as order_id; where it may be read as a
   table, else none. #}
{% macro counted_order_ids() %}{% do return(adapter.dispatch('counted_order_ids')()) %}{% endmacro %}
{% macro default__counted_order_ids() %}{% do return(none) %}{% endmacro %}

{# The first rule that asks counts, those beside it wait; for the mode see lock_counts. Grouping in the order of the index runs in
   one process, so four ranges of ids are grouped beside each other; only `create table as` may use several. Of a source there is no
   index. #}
{% macro postgres__counted_order_ids() %}
    {% set ids = source('meta', 'gate_order_ids') %}
    {% set parsed, id = relation_of(source_at_work() ~ '_parsed'), key_of_records()[0] %}
    {% set key = quote_literal(key_of_counted_ids(source_at_work())) %}
    {% set ranges = ['order_id < %1$L', 'order_id >= %1$L and order_id < %2$L', 'order_id >= %2$L and order_id < %3$L', 'order_id >= %3$L'] %}
    {% set grouped = [] %}
    {% for condition in (ranges if source_at_work() == 'orders' else [id ~ ' is not null']) %}
        {% do grouped.append(grouped_ids(parsed, id, condition)) %}
    {% endfor %}
    {% do run_query('
        do $gate_block$
        declare
            quarters text[];
        begin
            lock table ' ~ ids ~ ' in share update exclusive mode;
            if exists (select from ' ~ ids ~ ' where invocation_id = ' ~ key ~ ') then
                return;
            end if;
            delete from ' ~ ids ~ " where counted_at < now() - interval '1 day';
            select percentile_disc(array[0.25, 0.5, 0.75]) within group (order by " ~ id ~ ") into quarters
            from " ~ parsed ~ ' tablesample system (' ~ sample_percent() ~ ") repeatable (1);
            quarters := coalesce(quarters, array['', '', '']);
            set local parallel_tuple_cost = 0;
            execute format(
                $count$
                create temporary table ids_that_come_again on commit drop as
                " ~ grouped | join(' union all ') ~ '
                $count$, quarters[1], quarters[2], quarters[3]
            );
            insert into ' ~ ids ~ ' (invocation_id, order_id, records)
            select ' ~ key ~ ', null, 0
            union all
            select ' ~ key ~ ', order_id, records from ids_that_come_again;
            analyze ' ~ ids ~ ';
        end
        $gate_block$;
        commit
    ') %}
    {% do return(
        '(select order_id, records from ' ~ ids ~ ' where invocation_id = ' ~ key ~ ' and order_id is not null)'
    ) %}
{% endmacro %}

{% macro key_of_counted_ids(of_source) %}{% do return(invocation_id ~ ('' if of_source == 'orders' else ' ' ~ of_source)) %}{% endmacro %}

{% macro grouped_ids(parsed, id, condition) -%}
    select {{ id }} as order_id, count(*) as records
    from {{ parsed.replace('%', '%%') }}
    where {{ condition }} group by {{ id }} having count(*) > 1
{%- endmacro %}

{# A rule's SQL with these ids read from where they are counted; none where no order id comes again, so that there is nothing to
   find. #}
{% macro with_counted_order_ids(sql) %}
    {% set asked = come_again(relation_of(source_at_work() ~ '_parsed')) | string if key_of_records() else '' %}
    {% set counted = counted_order_ids() if asked and asked in sql else none %}
    {% if counted is none %}
        {% do return(sql) %}
    {% elif source_at_work() == 'orders' and not run_query('select exists ' ~ counted).rows[0][0] %}
        {% do return(none) %}
    {% endif %}
    {% do return(sql.replace(asked, '(select order_id from ' ~ counted ~ ' as counted)')) %}
{% endmacro %}

{# on-run-end: removes the counts of this run. #}
{% macro forget_order_ids() %}{{ return(adapter.dispatch('forget_order_ids')()) }}{% endmacro %}
{% macro default__forget_order_ids() %}{% endmacro %}

{% macro postgres__forget_order_ids() -%}
    {%- if flags.WHICH in ['build', 'run', 'test'] -%}
    delete from {{ source('meta', 'gate_order_ids') }} where split_part(invocation_id, ' ', 1) = {{ quote_literal(invocation_id) }}
    {%- endif -%}
{%- endmacro %}
