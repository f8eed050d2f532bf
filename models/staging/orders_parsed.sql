{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'load'},
    indexes=[{'columns': ['load_id'], 'type': 'brin'}, {'columns': ['order_id', 'load_id']}],
    pre_hook="{{ prepare_expressions() }}",
    post_hook={'sql': "{{ vacuum_analyze(this) }}", 'transaction': false}
) }}

{#- What orders_mapped reads, which is no table: so that raw is seen as an input of this one, by OpenLineage too. Unit tests
    give orders_mapped alone. #}
{%- if not execute %}
    {%- do source('raw', 'loads') %}
    {%- do source('raw', 'raw_events') %}
{%- endif %}
{%- set columns = orders_mapping()['columns'] %}
{%- set extras = extra_columns() %}
{%- set guarded = guarded_expressions() %}

with mapped as (
    select * from {{ ref('orders_mapped') }}
),

parsed as (
    select
        -- lineage
        load_id,
        line_number,
        file_name,

        -- ids
        {%- for name in id_columns() %}
        {{ of_order(name, 'case when length(' ~ text_of(name) ~ ') <= ' ~ longest_id() ~ ' then ' ~ text_of(name) ~ ' end') }} as {{ name }},
        {%- endfor %}
        {%- if 'line_id' in columns %}
        {{ text_of('line_id') }} as line_id,
        {%- endif %}

        -- times
        {%- for name in time_columns() %}
        {{ of_order(name, mapped_time(name ~ '_text', columns[name])) }} as {{ name }},
        {%- endfor %}

        -- numbers
        {%- for name in number_columns() %}
        {{ of_order(name, mapped_number(name ~ '_text', entry_of_result(columns[name]))) }} as {{ name }},
        {%- endfor %}

        -- text
        {{ of_order('currency', in_case('upper', text_of('currency'))) }} as currency,
        {{ of_order('status', in_case('lower', "replace(" ~ text_of('status') ~ ", '-', '')")) }} as status,
        {{ of_order('channel', text_of('channel')) }} as channel,
        {%- for name in extras if extras[name].type == 'text' %}
        {{ of_order(name, text_of(name)) }} as {{ name }},
        {%- endfor %}

        {%- if guarded %}
        mapping_errors,
        {%- endif %}

        -- as in the file
        {%- for name in columns %}
        {{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from mapped
)

select * from parsed
