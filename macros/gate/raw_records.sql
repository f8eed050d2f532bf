{# A select of records as they came: load_id, line_number and payload. `load_ids`: of these loads alone, as a query of ids. #}
{% macro raw_records(load_ids=none) -%}
    select
        load_id,
        line_number,
        {{ json_object('raw_events', 'payload') }}
    from {{ source('raw', 'raw_events') }} as raw_events
    {%- if load_ids %}
    where load_id in ({{ load_ids }})
    {%- endif %}
{%- endmacro %}
