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

{# The usual notation as a whole; of others the parts. What is not read here, as an abbreviation for a zone (CET), is no
   time, and the gate counts it. #}
{% macro spark__safe_timestamp(text) -%}
    {%- set usual = '^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$' -%}
    case
        when left({{ text }}, 4) = '0000' then null
        when {{ matches(text, usual) }} then try_cast({{ text }} as timestamp)
        when {{ matches(text, timestamp_parts()) }} then transform(transform(array(named_struct(
            'day', {{ timestamp_part(text, 1) }},
            'hour', cast(nullif({{ timestamp_part(text, 2) }}, '') as int),
            'minute', {{ timestamp_part(text, 3) }},
            'second', {{ timestamp_part(text, 4) }},
            'micros', cast(rint(cast(concat('0', {{ timestamp_part(text, 5) }}) as double) * 1000000) as bigint),
            'half', upper({{ timestamp_part(text, 6) }}),
            'sign', {{ timestamp_part(text, 7) }},
            'offset', concat({{ timestamp_part(text, 8) }}, ':', coalesce(nullif({{ timestamp_part(text, 9) }}, ''), '00')),
            'zone', {{ timestamp_part(text, 10) }}
        )), p -> named_struct(
            'local', case when p.half = '' or p.hour <= 12 then concat(
                p.day, ' ', coalesce(case p.half when 'AM' then p.hour % 12 when 'PM' then p.hour % 12 + 12 else p.hour end, 0),
                ':', coalesce(nullif(p.minute, ''), '00'), ':', coalesce(nullif(p.second, ''), '00')
            ) end,
            'micros', p.micros,
            'zone', case
                when p.sign <> '' then concat(p.sign, p.offset)
                when p.zone = '' or upper(p.zone) in ('UTC', 'GMT') then 'Z'
                when p.zone like '%/%' then concat(' ', p.zone)
            end
        )), p -> timestampadd(microsecond, p.micros, case
            when p.zone like '%/%' then {{ zoned_instant('p.local', 'p.zone') }}
            else try_cast(concat(p.local, p.zone) as timestamp)
        end))[0]
    end
{%- endmacro %}

{# iso_timestamp_pattern with groups: day, hour, minute, second, fraction, AM or PM, sign, hours and minutes of the offset,
   zone. #}
{% macro timestamp_parts() -%}
    {{ return(
        '^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[ T]([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])([.][0-9]{1,9})?)?(?: ?([AaPp][Mm]))?)?'
        ~ '(?: ?(?:[Zz]|([+-])(0[0-9]|1[0-5]):?([0-5][0-9])?)| ([A-Za-z][A-Za-z0-9_+/-]+))?$'
    ) }}
{%- endmacro %}

{% macro timestamp_part(text, group) -%}
    regexp_extract({{ text }}, {{ quote_literal(java_pattern(timestamp_parts())) }}, {{ group }})
{%- endmacro %}

{# Of a local time that comes twice, as clocks are put back, Java takes the first and PostgreSQL the second: so the offset of
   the day after is tried as well. #}
{% macro zoned_instant(local, zone) -%}
    {%- set day_after = '(i.first + interval 24 hour)' -%}
    {%- set there = 'from_utc_timestamp(' ~ day_after ~ ', trim(' ~ zone ~ '))' -%}
    transform(
        transform(array(named_struct(
            'first', try_cast(concat({{ local }}, {{ zone }}) as timestamp), 'clock', try_cast(concat({{ local }}, 'Z') as timestamp)
        )), i -> named_struct(
            'first', i.first, 'clock', i.clock,
            'second', case when i.first is not null then i.clock - ({{ there }} - {{ day_after }}) end
        )),
        i -> case when i.second > i.first and from_utc_timestamp(i.second, trim({{ zone }})) = i.clock then i.second else i.first end
    )[0]
{%- endmacro %}
