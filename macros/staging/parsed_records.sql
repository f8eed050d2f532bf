{# The records of the source at work, typed: a column is null where its text is not valid, and beside it is NAME_raw. `mapped`: the
   relation with mapped_records. #}
{% macro parsed_records(mapped) -%}
    {%- set columns = orders_mapping()['columns'] %}
    {%- set extras = extra_columns() %}
    {%- set guarded = guarded_expressions() %}

with mapped as (
    select * from {{ mapped }}
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
        {%- if 'status' in canonical_columns() %}
        {{ of_order('currency', in_case('upper', text_of('currency'))) }} as currency,
        {{ of_order('status', in_case('lower', "replace(" ~ text_of('status') ~ ", '-', '')")) }} as status,
        {{ of_order('channel', text_of('channel')) }} as channel,
        {%- endif %}
        {%- if has_deletions() %}
        {{ in_case('lower', text_of('deleted')) }} as deleted,
        {%- endif %}
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
{%- endmacro %}
