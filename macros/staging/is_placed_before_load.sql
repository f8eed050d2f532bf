{# A condition: a time of a row is at most so many days after its file was loaded. #}
{% macro is_placed_before_load(relation, column, span) -%}
    {{ relation }}.{{ column }} <= (
            select max(loads.loaded_at) + {{ days(span) }}
            from {{ source('raw', 'loads') }} as loads
            where loads.load_id = {{ relation }}.load_id
        )
{%- endmacro %}

{# A condition: neither of the other two rules on dates names a row's order_ts; one that is switched off names none. #}
{% macro is_plausible_date(relation) -%}
    {%- set future = rule_settings('no_order_in_the_future') -%}
    {%- set placeholder = rule_settings('no_placeholder_date') -%}
    true
    {%- if placeholder is not none %}
            and not {{ is_placeholder_date(placeholder.get('dates', placeholder_dates()), ['order_ts']) }}
    {%- endif %}
    {%- if future is not none %}
            and {{ is_placed_before_load(relation, 'order_ts', future.get('days', 1)) }}
    {%- endif %}
{%- endmacro %}
