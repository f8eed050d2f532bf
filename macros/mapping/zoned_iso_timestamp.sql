{# A time's text as ISO 8601 with its offset, or with the time zone's name where the file states none.
   `format` is the file's own notation (default: ISO 8601): words such as DD-Mon-YY, or a name, epoch_seconds. `language` is that
   of the months' names; two digits of a year below `pivot_year` are of this century. #}
{% macro zoned_iso_timestamp(text, timezone, format=none, language='en', pivot_year=70) -%}
    {%- do require_zone(timezone) -%}
    {%- set zone = quote_literal(' ' ~ timezone) -%}
    {%- if format is none -%}
    {%- set offset = '(:[0-9]{2}([.][0-9]+)?|[AaPp][Mm]) ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$' -%}
    {#- The usual ending first: a pattern takes longer than all the rest. #}
    case
        when {{ text }} like '%:__Z' or {{ matches(text, offset) }} then {{ text }}
        else {{ text }} || {{ zone }}
    end
    {%- elif format in named_time_formats() -%}
    {{ with_value('given', text, named_time_text('given', format, zone)) }}
    {%- else -%}
    {{ with_value('given', text, rearranged_timestamp('given', format, zone, language, pivot_year)) }}
    {%- endif -%}
{%- endmacro %}

{% macro named_time_formats() %}{% do return(['epoch_seconds', 'epoch_milliseconds', 'excel_days']) %}{% endmacro %}

{# Seconds have at most ten digits and milliseconds at least eleven, so none passes for the other. Excel takes 1900 for a leap
   year: its days before March 1900 are not counted as ours, and no orders. A day's part keeps to its day. #}
{% macro named_time_text(given, format, zone) -%}
    {%- if format == 'excel_days' -%}
    {%- set days = "cast(replace(" ~ given ~ ", ',', '.') as numeric(23, 18))" -%}
    {%- set millis = 'least(round((' ~ days ~ ' - floor(' ~ days ~ ')) * 86400000), 86399999)' -%}
    case
        when {{ matches(given, '^[0-9]{2,5}([.,][0-9]{1,18})?$') }} and {{ days }} >= 61
            then {{ clock_text('cast((floor(' ~ days ~ ') - 25569) * 86400000000 + ' ~ millis ~ ' * 1000 as bigint)') }} || {{ zone }}
    end
    {%- else -%}
    {%- set digits, micros = ('[0-9]{1,10}', 1000000) if format == 'epoch_seconds' else ('[0-9]{11,13}', 1000) -%}
    case
        when {{ matches(given, '^' ~ digits ~ '([.][0-9]{1,9})?$') }}
            then {{ clock_text('cast(floor(cast(' ~ given ~ ' as numeric(22, 9)) * ' ~ micros ~ ') as bigint)') }} || ' Z'
    end
    {%- endif -%}
{%- endmacro %}

{# Null where the text is not in the format: a day-first date must never pass as a month-first one. #}
{% macro rearranged_timestamp(given, format, zone, language, pivot_year) -%}
    {%- set parts = modules.re.split(time_format_words(), format) -%}
    {%- set words = parts[1::2] -%}
    {%- do check_time_format(format, words) -%}
    {%- do check_pivot_year(pivot_year) -%}
    {%- set blank = '[' ~ blank_characters() ~ ']' -%}
    {%- set pattern, group = [], {} -%}
    {%- for part in parts -%}
        {%- if loop.index0 % 2 -%}
            {%- set runs_on = runs_on_from(parts[:loop.index0]) or runs_on_from(parts[loop.index0 + 1:] | reverse | list) -%}
            {%- do pattern.append(time_word_patterns()[part].replace('{1,2}', '{2}' if runs_on else '{1,2}').replace('BLANK', blank)) -%}
            {%- if part != 'Day' -%}
                {%- do group.update({part: '\\' ~ (group | length + 1)}) -%}
            {%- endif -%}
            {%- if part == 'SS' -%}
                {%- do group.update({'fraction': '\\' ~ (group | length + 1)}) -%}
            {%- endif -%}
        {%- else -%}
            {#- Before AM and an offset there may be blanks. -#}
            {%- set literal = part.rstrip() if loop.nextitem in ['AM', 'TZ', 'Z'] else part -%}
            {%- do pattern.append(modules.re.escape(literal).replace('\\ ', blank ~ '+')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set pattern = '^' ~ pattern | join ~ '$' -%}
    {%- set month, year = words | select('in', ['MM', 'Mon', 'Month']) | first, words | select('in', ['YYYY', 'YY']) | first -%}
    {%- set hour = group.get('HH24', group.get('HH12')) -%}
    {%- set time = '' if hour is none else ' ' ~ hour ~ ':' ~ group.get('MI', '00')
        ~ (':' ~ group['SS'] ~ '.' ~ group['fraction'] ~ '0' if 'SS' in group else '') ~ (' ' ~ group['AM'] ~ 'M' if 'AM' in group else '') -%}
    {%- set offset = group.get('TZ', group.get('Z')) -%}
    {%- set rest = '-' ~ group['DD'] ~ time ~ (' ' ~ offset if offset else '') -%}
    {%- if month == 'MM' and year == 'YYYY' -%}
        {%- set iso = rearrange(given, pattern, group[year] ~ '-' ~ group[month] ~ rest) -%}
    {%- else -%}
        {%- set years, months = "split_part(parts, '|', 1)", "split_part(parts, '|', 2)" -%}
        {%- set century = 'case when cast(' ~ years ~ ' as int) < ' ~ pivot_year ~ " then '20' else '19' end || " if year == 'YY' else '' -%}
        {%- set iso = with_value('parts', rearrange(given, pattern, group[year] ~ '|' ~ group[month] ~ '|' ~ rest),
            century ~ years ~ " || '-' || " ~ (months if month == 'MM' else month_number(months, language)) ~ " || split_part(parts, '|', 3)") -%}
    {%- endif -%}
    case when {{ matches(given, pattern) }} then {{ iso }}{{ '' if offset else ' || ' ~ zone }} end
{%- endmacro %}

{# What the words of a format match. Names of months and days end before a blank, a digit or what parts dates. #}
{% macro time_word_patterns() %}
    {% set name = '[^0-9 .,/|\u00a0\u2007\u2009\u202f_-]+[.]?' %}
    {% do return({
        'YYYY': '([0-9]{4})', 'YY': '([0-9]{2})', 'MM': '([0-9]{1,2})', 'DD': '([0-9]{1,2})',
        'Mon': '(' ~ name[:-4] ~ ')[.]?', 'Month': '(' ~ name[:-4] ~ ')[.]?', 'Day': name,
        'HH24': '([0-9]{1,2})', 'HH12': '([0-9]{1,2})', 'MI': '([0-9]{2})', 'SS': '([0-9]{2})(?:[.,]([0-9]{1,9}))?',
        'AM': 'BLANK*([AaPp])[.]?BLANK?[Mm][.]?',
        'TZ': 'BLANK*(?:(?:UTC|GMT)(?=[+-]))?([+-][0-9]{2}(?::?[0-9]{2})?|Z|z|UTC|GMT)',
        'Z': 'BLANK*(?:(?:UTC|GMT)(?=[+-]))?([+-][0-9]{2}(?::?[0-9]{2})?|Z|z|UTC|GMT)',
    }) %}
{% endmacro %}

{# The words of a format as a pattern; a Z at its end is an offset like TZ. #}
{% macro time_format_words() %}{% do return('(YYYY|YY|Month|Mon|MM|Day|DD|HH24|HH12|MI|SS|AM|TZ|Z$)') %}{% endmacro %}

{# Whether digits are at the end of these parts of a format: what follows without anything between has its two digits. #}
{% macro runs_on_from(parts) %}
    {% do return(parts[-1:] == [''] and (parts[-2:] | first) in ['YYYY', 'YY', 'MM', 'DD', 'HH24', 'HH12', 'MI', 'SS']) %}
{% endmacro %}

{% macro check_time_format(format, words) %}
    {% set years, months = words | select('in', ['YYYY', 'YY']) | list, words | select('in', ['MM', 'Mon', 'Month']) | list %}
    {% set hours, offsets = words | select('in', ['HH24', 'HH12']) | list, words | select('in', ['TZ', 'Z']) | list %}
    {% set named = "epoch_seconds, epoch_milliseconds and excel_days are formats too" %}
    {% if years | length != 1 or months | length != 1 or 'DD' not in words or (words | unique | list | length) != (words | length) %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ": format: '" ~ format ~ "' needs YYYY or YY, MM or Mon or Month, and DD once each; it may have HH24 or HH12, MI, SS, AM, TZ; " ~ named
        ) %}
    {% endif %}
    {% if hours | length > 1 or (hours == ['HH12']) != ('AM' in words) or ('MI' in words and not hours) or ('SS' in words and 'MI' not in words) %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ": format: '" ~ format ~ "' needs HH24, or HH12 with AM, beside MI, and MI beside SS"
        ) %}
    {% elif offsets and ('MI' not in words or offsets | length > 1) %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ": format: '" ~ format ~ "' needs hours and minutes before TZ, once") %}
    {% endif %}
{% endmacro %}

{% macro check_pivot_year(pivot_year) %}
    {% if pivot_year not in range(101) %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ": pivot_year: '" ~ pivot_year ~ "' is no number from 0 to 100") %}
    {% endif %}
{% endmacro %}

{# Stops where an engine does not know a time zone of the configs as the others do. #}
{% macro require_zone(timezone) %}{% do return(adapter.dispatch('require_zone')(timezone)) %}{% endmacro %}
{% macro default__require_zone(timezone) %}{% endmacro %}

{# An abbreviation is a fixed offset to PostgreSQL, and to Java often a region with its summer time. #}
{% macro spark__require_zone(timezone) %}
    {% if '/' not in timezone and timezone | upper not in ['UTC', 'GMT'] %}
        {% do not_available(mapping_file() ~ ": timezone: '" ~ timezone ~ "' (only UTC, GMT and names such as Europe/Berlin) is") %}
    {% endif %}
{% endmacro %}
