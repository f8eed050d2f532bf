{# Names that a column of configs/orders.yaml cannot take: the project's own, the database's, and the words of SQL.
   `ready lint` reads this list too. #}
{% macro reserved_names() %}
    {% do return(
        'load_id line_number file_name payload rows mapping_errors loaded_at reason is_purchase line_count line_rank last_load_id
         line_id current_load copies opens_order opened_ts next_line_ts last_order_ts
        available_at superseded_at customer_key first_change_ts first_order_ts first_available_at feature_time
        tableoid cmax xmax cmin xmin ctid
        all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
        cast char character check coalesce collate collation column concurrently constraint create cross
        current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
        decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze
        from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval
        into is isnull join lateral leading least left like limit localtime localtimestamp natural none not notnull
        null nullif numeric offset on only or order out outer overlaps placing position precision primary real
        references returning right row select session_user setof similar smallint some substring symmetric system_user
        table tablesample then time timestamp to trailing treat trim true union unique user using values varchar
        variadic verbose when where window with'.split()
    ) %}
{% endmacro %}
