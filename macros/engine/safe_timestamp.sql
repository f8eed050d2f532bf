{# An instant from ISO 8601 text with an offset or zone name at its end, null where it is none; never raises.
   The pattern keeps out what PostgreSQL would take as well: infinity, now, 24:00, month names. #}
{% macro safe_timestamp(text) -%}
    {{ return(adapter.dispatch('safe_timestamp')(text)) }}
{%- endmacro %}

{% macro postgres__safe_timestamp(text) -%}
    {#- The usual notation first: its short pattern takes half the time. #}
    case
        when
            (length({{ text }}) = 20 and {{ text }} ~ '^[0-9]+-[0-9][0-9]-[0-9][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$')
            or {{ text }} ~ {{ iso_timestamp_pattern() }}
            then case
                when pg_input_is_valid({{ text }}, 'timestamptz') then cast({{ text }} as timestamptz)
            end
    end
{%- endmacro %}

{% macro iso_timestamp_pattern() -%}
    '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?( ?[AaPp][Mm])?)?( ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)| [A-Za-z][A-Za-z0-9_+/-]+)?$'
{%- endmacro %}
