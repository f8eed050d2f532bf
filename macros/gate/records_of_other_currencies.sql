{# A select of the records whose currency, by a CSV column that is called so or has codes of currencies, is not that of most. Where no
   file has such a column no record is read. #}
{% macro records_of_other_currencies(relation) -%}
    select load_id, line_number
    from (
        select
            load_id,
            line_number,
            currency,
            first_value(currency) over (partition by source_column order by records desc, currency) as usual
        from (
            select
                parsed.load_id,
                parsed.line_number,
                events.source_column,
                events.currency,
                count(*) over (partition by events.source_column, events.currency) as records
            from (
                {{ currencies_in_files() }}
            ) as events
            inner join {{ relation }} as parsed on events.load_id = parsed.load_id and events.line_number = parsed.line_number
            where {{ matches('events.currency', '^[^0-9.,]+$') }} and (select count(*) from ({{ currency_columns() }}) as names) > 0
        ) as found
    ) as compared
    where currency <> usual
{%- endmacro %}
