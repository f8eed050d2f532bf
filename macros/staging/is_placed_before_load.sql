{# A condition: a time of a row is at most so many days after its file was loaded. #}
{% macro is_placed_before_load(relation, column, span) -%}
    {{ relation }}.{{ column }} <= (
            select max(loads.loaded_at) + {{ days(span) }}
            from {{ source('raw', 'loads') }} as loads
            where loads.load_id = {{ relation }}.load_id
        )
{%- endmacro %}
