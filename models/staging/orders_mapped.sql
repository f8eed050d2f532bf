{{ config(materialized='ephemeral') }}

{%- set mapping = orders_mapping() %}
{%- set columns = mapping.columns %}
{%- set numbers = number_columns() %}
{%- set times = time_columns() %}
{%- set null_words = mapping.null_words %}

with active_loads as (
    select load_id, file_name
    from {{ source('raw', 'loads') }}
    where {{ is_active_load() }} and source = {{ quote_literal(mapping.source) }}
    {{ only_changed('load_id in (changed_loads)') }}
),

events as (
    select raw_events.load_id, raw_events.line_number, active_loads.file_name, {{ json_object('raw_events', 'payload') }}
    from {{ source('raw', 'raw_events') }} as raw_events
    inner join active_loads on raw_events.load_id = active_loads.load_id
),

mapped as (
    select
        load_id,
        line_number,
        file_name,
        {%- if lines_have_content() %}
        {{ json_hash('payload') }} as line_content,
        {%- endif %}
        {%- for name in columns %}
        {{ mapped_raw_text(columns[name], null_words) if name in times + numbers else mapped_text(columns[name], null_words) }} as {{ name }}_raw,
        {%- endfor %}
        {%- for name in times %}
        {{ mapped_text(columns[name], null_words) }} as {{ name }}_text{{ ',' if not loop.last }}
        {%- endfor %}
        {%- for name in numbers %},
        {{ mapped_text(columns[name], null_words) }} as {{ name }}_text
        {%- endfor %}
    from events
)

select
    load_id,
    line_number,
    file_name,
    {%- if lines_have_content() %}
    line_content,
    {%- endif %}
    {%- for name in columns %}
    {{ name }}_raw,
    {%- endfor %}
    {%- for name in times %}
    {{ zoned_iso_timestamp(name ~ '_text', columns[name].get('timezone', mapping.timezone), columns[name].get('format')) }} as {{ name }}_text{{ ',' if not loop.last }}
    {%- endfor %}
    {%- for name in numbers %},
    {{ plain_number(name ~ '_text', columns[name].get('decimal', '.'), columns[name].get('thousands')) }} as {{ name }}_text
    {%- endfor %}
from mapped
