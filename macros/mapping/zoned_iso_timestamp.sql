{# A time's text as ISO 8601 with its offset, or with the time zone's name where the file states none.
   `format` is the file's own notation in the words YYYY MM DD HH24 HH12 MI SS AM (default: ISO 8601). #}
{% macro zoned_iso_timestamp(text, timezone, format=none) -%}
    {%- do require_zone(timezone) -%}
    {%- set iso = rearranged_timestamp(text, format) if format else text -%}
    {%- set offset = '(:[0-9]{2}([.][0-9]+)?|[AaPp][Mm]) ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$' -%}
    {#- The usual ending first: a pattern takes longer than all the rest. #}
    case
        when {{ iso }} like '%:__Z' or {{ matches(iso, offset) }} then {{ iso }}
        else {{ iso }} || {{ quote_literal(' ' ~ timezone) }}
    end
{%- endmacro %}

{# Null where the text is not in the format: a day-first date must never pass as a month-first one. #}
{% macro rearranged_timestamp(text, format) -%}
    {%- set digits = {'YYYY': '([0-9]{4})', 'MM': '([0-9]{1,2})', 'DD': '([0-9]{1,2})', 'HH24': '([0-9]{1,2})',
        'HH12': '([0-9]{1,2})', 'MI': '([0-9]{2})', 'SS': '([0-9]{2})', 'AM': '([AaPp][Mm])'} -%}
    {%- set fixed = 'YYYYMMDD' in format -%}
    {%- set words = modules.re.findall('YYYY|HH24|HH12|MM|DD|MI|SS|AM', format) -%}
    {%- if not ('YYYY' in words and 'MM' in words and 'DD' in words) or (words | unique | list | length) != (words | length) -%}
        {% do exceptions.raise_compiler_error(
            "orders.yaml: format: '" ~ format ~ "' needs YYYY, MM and DD once each; it may have HH24 or HH12, MI, SS, AM"
        ) %}
    {%- endif -%}
    {%- set hours = words | select('in', ['HH24', 'HH12']) | list -%}
    {%- set half_day = hours == ['HH12'] -%}
    {%- if hours | length > 1 or half_day != ('AM' in words) or ('MI' in words and not hours) or ('SS' in words and 'MI' not in words) -%}
        {% do exceptions.raise_compiler_error(
            "orders.yaml: format: '" ~ format ~ "' needs HH24, or HH12 with AM, beside MI, and MI beside SS"
        ) %}
    {%- endif -%}
    {%- set pattern = [] -%}
    {%- set group = {} -%}
    {%- for part in modules.re.split('(YYYY|HH24|HH12|MM|DD|MI|SS|AM)', format) -%}
        {%- if part in digits -%}
            {%- do pattern.append(digits[part].replace('{1,2}', '{2}') if fixed else digits[part]) -%}
            {%- do group.update({part: '\\' ~ (group | length + 1)}) -%}
        {%- else -%}
            {%- do pattern.append(modules.re.escape(part)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set hour = group.get('HH24', group.get('HH12')) -%}
    {%- set time = '' if hour is none else ' ' ~ hour ~ ':' ~ group.get('MI', '00')
        ~ (':' ~ group['SS'] if 'SS' in group else '') ~ (' ' ~ group['AM'] if 'AM' in group else '') -%}
    {%- set pattern = '^' ~ pattern | join ~ '$' -%}
    {%- set template = group['YYYY'] ~ '-' ~ group['MM'] ~ '-' ~ group['DD'] ~ time -%}
    (case when {{ matches(text, pattern) }} then {{ rearrange(text, pattern, template) }} end)
{%- endmacro %}

{# Stops where an engine does not know a time zone of the configs as the others do. #}
{% macro require_zone(timezone) %}
    {% do return(adapter.dispatch('require_zone')(timezone)) %}
{% endmacro %}

{% macro default__require_zone(timezone) %}
{% endmacro %}

{# An abbreviation is a fixed offset to PostgreSQL, and to Java often a region with its summer time. #}
{% macro spark__require_zone(timezone) %}
    {% if '/' not in timezone and timezone | upper not in ['UTC', 'GMT'] %}
        {% do not_available("orders.yaml: timezone: '" ~ timezone ~ "' (only UTC, GMT and names such as Europe/Berlin) is") %}
    {% endif %}
{% endmacro %}
