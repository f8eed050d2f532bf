{# An instant from the text of a time column of orders.yaml, null where it is none: `text` as zoned_time gives it. #}
{% macro mapped_time(text, entry) -%}
    {%- set local_times = orders_mapping().get('local_times', 'later') -%}
    {%- do require_one_of(mapping_file() ~ ': local_times', local_times, ['later', 'earlier', 'invalid']) -%}
    {%- if entry.get('format') or entry.get('expression') or local_times != 'later' -%}
    {{ with_value('zoned', text, safe_timestamp('zoned', local_times)) }}
    {%- else -%}
    {{ safe_timestamp(text) }}
    {%- endif -%}
{%- endmacro %}

{# Its text as ISO 8601 with offset or zone, by the entry's format, language, pivot_year and timezone. #}
{% macro zoned_time(text, entry) -%}
    {{ zoned_iso_timestamp(
        text, entry.get('timezone', orders_mapping().timezone), entry.get('format'), entry.get('language', 'en'), entry.get('pivot_year', 70)
    ) }}
{%- endmacro %}
