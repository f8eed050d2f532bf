{# A condition: a time of a row is at most so many days after its file was loaded. #}
{% macro is_placed_before_load(relation, column, span) -%}
    {{ relation }}.{{ column }} <= (
            select max(loads.loaded_at) + {{ days(span) }}
            from {{ source('raw', 'loads') }} as loads
            where loads.load_id = {{ relation }}.load_id
        )
{%- endmacro %}

{# A condition: some time of a row, available_at too, is later. #}
{% macro is_after_load(relation, span) -%}
    {%- for column in time_columns() -%}
    {{ ' or ' if not loop.first }}not {{ is_placed_before_load(relation, column, span) }}
    {%- endfor -%}
{%- endmacro %}
