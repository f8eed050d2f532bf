{# A condition: a time of a row is at most so many days after its file was loaded. #}
{% macro is_placed_before_load(relation, column, span) -%}
    {{ relation }}.{{ column }} <= (
            select max(loads.loaded_at) + {{ days(span) }}
            from {{ source('raw', 'loads') }} as loads
            where loads.load_id = {{ relation }}.load_id
        )
{%- endmacro %}

{# A condition: some time of a row, available_at too, is later. Few are later than the first load, and asked for their own. #}
{% macro is_after_load(relation, span) -%}
    {%- for column in time_columns() -%}
    {{ ' or ' if not loop.first }}{{ relation }}.{{ column }} > (select min(loaded_at) + {{ days(span) }} from {{ loads_of_orders() }} as loads)
        and not {{ is_placed_before_load(relation, column, span) }}
    {%- endfor -%}
{%- endmacro %}
