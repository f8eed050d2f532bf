{# The records of the source at work as its mapping has them: one row per active raw event, each column as text (NAME_raw), and what
   numbers and times are read from (NAME_text). #}
{% macro mapped_records() -%}
    {%- set mapping = orders_mapping() %}
    {%- set columns = mapping.columns %}
    {%- set numbers = number_columns() %}
    {%- set times = time_columns() %}
    {%- set null_words = mapping.null_words %}
    {%- set guarded = guarded_expressions() %}
    {%- set typed = times + numbers + guarded | reject('equalto', 'rows') | reject('in', times + numbers) | list %}

with active_loads as (
    select load_id, file_name
    from {{ source('raw', 'loads') }}
    where {{ is_load_read() }} and source = {{ quote_literal(mapping.source) }}
),

events as (
    select raw_events.load_id, raw_events.line_number, active_loads.file_name, {{ json_object('raw_events', 'payload') }}
    from {{ source('raw', 'raw_events') }} as raw_events
    inner join active_loads on raw_events.load_id = active_loads.load_id
    where {{ is_load_due('raw_events.load_id') }}
),

{%- if mapping.rows %}

-- A record on which the filter raises stays, and is counted.
wanted as (
    {%- if 'rows' in guarded %}
    select * from (select *, {{ guarded_call(guarded.rows) }} as rows_guarded from events) as judged
    where rows_guarded[2] is not null or cast(rows_guarded[1] as boolean)
    {%- else %}
    select * from events
    where {{ mapped_expression({'expression': mapping.rows}) }}
    {%- endif %}
),
{%- endif %}

{%- if guarded %}

-- [value, why it raised]
evaluated as (
    select
        *
        {%- for name in guarded if name != 'rows' %},
        {{ guarded_call(guarded[name]) }} as {{ name }}_guarded
        {%- endfor %}
    from {{ 'wanted' if mapping.rows else 'events' }}
),
{%- endif %}

mapped as (
    select
        load_id,
        line_number,
        file_name,
        {%- for name in columns %}
        {{ mapped_raw_text(name, columns[name], null_words) }} as {{ name }}_raw{{ ',' if guarded or typed or not loop.last }}
        {%- endfor %}
        {%- if guarded %}
        nullif(concat_ws(
            e'\n'{% for name in guarded %}, {{ quote_literal(name ~ ': ') }} || {{ name }}_guarded[2]{% endfor %}
        ), '') as mapping_errors{{ ',' if typed }}
        {%- endif %}
        {%- for name in typed %}
        {{ mapped_text(name, columns[name], null_words) }} as {{ name }}_text{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ 'evaluated' if guarded else 'wanted' if mapping.rows else 'events' }}
)

select
    load_id,
    line_number,
    file_name,
    {%- for name in columns %}
    {{ name }}_raw{{ ',' if guarded or typed or not loop.last }}
    {%- endfor %}
    {%- if guarded %}
    mapping_errors{{ ',' if typed }}
    {%- endif %}
    {%- for name in typed %}
    {{ zoned_time(name ~ '_text', entry_of_result(columns[name])) ~ ' as ' if name in times }}{{ name }}_text{{ ',' if not loop.last }}
    {%- endfor %}
from mapped
{%- endmacro %}
