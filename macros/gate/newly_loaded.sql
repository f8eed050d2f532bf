{# A select of the loads that came since the gate last judged other loads: those of one run, as users see it. #}
{% macro newly_loaded() -%}
    {%- set results = source('meta', 'validation_results') -%}
    (
        select load_id
        from {{ loads_of_orders() }} as loads
        where not exists (
            select 1
            from {{ results }} as judged
            where {{ array_contains('judged.load_ids', 'loads.load_id') }}
            and judged.created_at = (
                select max(created_at)
                from {{ results }} as others
                where others.load_ids <> {{ active_load_ids() }}
                -- Checks of other sources are of their loads.
                and exists (
                    select 1 from {{ source('raw', 'loads') }} as known
                    where known.source = {{ quote_literal(orders_mapping().source) }} and {{ array_contains('others.load_ids', 'known.load_id') }}
                )
            )
        )
    )
{%- endmacro %}
