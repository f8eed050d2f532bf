{{ config(
    materialized='kept',
    kept_by='load',
    indexes=[{'columns': ['load_id'], 'type': 'brin'}, {'columns': ['order_id', 'load_id']}],
    pre_hook="{{ prepare_expressions() }}",
    post_hook={'sql': "{{ vacuum_analyze(this) }}", 'transaction': false}
) }}

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
        case when length({{ text_of(name) }}) <= {{ longest_id() }} then {{ text_of(name) }} end as {{ name }},
        {%- endfor %}

        -- times
        {%- for name in time_columns() %}
        {{ mapped_time(name ~ '_text', columns[name]) }} as {{ name }},
        {%- endfor %}

        -- numbers
        {%- for name in number_columns() %}
        {{ mapped_number(name ~ '_text', entry_of_result(columns[name])) }} as {{ name }},
        {%- endfor %}

        -- text
        {{ in_case('upper', text_of('currency')) }} as currency,
        {{ in_case('lower', "replace(" ~ text_of('status') ~ ", '-', '')") }} as status,
        {{ text_of('channel') }} as channel,
        {%- for name in extras if extras[name].type == 'text' %}
        {{ text_of(name) }} as {{ name }},
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
