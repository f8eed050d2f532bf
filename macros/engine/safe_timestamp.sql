{# An instant from ISO 8601 text with an offset or zone name at its end, null where it is none; never raises.
   The pattern keeps out what PostgreSQL would take as well: infinity, now, 24:00, month names. What is finer than a microsecond
   is cut off, so that no order moves to the next day. `local_times`: of a time in a zone that comes twice, as clocks are put
   back, the later or earlier one, and one that does not exist, as they are put forward, moved by the gap to later or earlier; or
   both invalid. #}
{% macro safe_timestamp(text, local_times='later') -%}
    {{ return(adapter.dispatch('safe_timestamp')(text, local_times)) }}
{%- endmacro %}

{% macro postgres__safe_timestamp(text, local_times) -%}
    {#- The usual notation first: its short pattern takes half the time. #}
    case
        when length({{ text }}) = 20 and {{ text }} ~ '^[0-9]+-[0-9][0-9]-[0-9][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$'
            then case when pg_input_is_valid({{ text }}, 'timestamptz') then cast({{ text }} as timestamptz) end
        when {{ text }} ~ {{ iso_timestamp_pattern() }}
            then {{ with_value('exact', without_tenths_of_micros(text),
                "case when pg_input_is_valid(exact, 'timestamptz') then " ~ local_instant('exact', local_times) ~ ' end') }}
    end
{%- endmacro %}

{% macro without_tenths_of_micros(text) -%}
    case when {{ text }} like '%.%' then regexp_replace({{ text }}, '([.][0-9]{6})[0-9]+', {{ quote_literal('\\1') }}) else {{ text }} end
{%- endmacro %}

{# PostgreSQL takes the later by itself: of a time that does not exist by the offset before the change, of one that comes twice by
   the one after. The other offset gives the earlier. What follows AM or PM is no name of a zone. #}
{% macro local_instant(text, local_times) -%}
    {%- if local_times == 'later' -%}
    cast({{ text }} as timestamptz)
    {%- else -%}
    {%- set exists = 'later at time zone zone_name = clock' -%}
    {%- set first = at_offset_of('clock', "later - interval '24 hours'") -%}
    {%- set comes_twice = first ~ ' < later and (' ~ first ~ ') at time zone zone_name = clock' -%}
    {%- set chosen = {
        'earlier': 'case when not ' ~ exists ~ ' then ' ~ at_offset_of('clock', "later + interval '24 hours'")
            ~ ' when ' ~ comes_twice ~ ' then ' ~ first ~ ' else later end',
        'invalid': 'case when ' ~ exists ~ ' and not (' ~ comes_twice ~ ') then later end',
    } -%}
    (
        select case when zone_name is null then later else {{ chosen[local_times] }} end
        from (
            select later, zone_name, cast(left({{ text }}, length({{ text }}) - length(zone_name) - 1) as timestamp) as clock
            from (
                select
                    cast({{ text }} as timestamptz) as later,
                    substring({{ text }} from ' (?![AaPp][Mm][+-])([A-Za-z][A-Za-z0-9_+/-]+)$') as zone_name
                limit 1
            ) as instants
            limit 1
        ) as clocks
    )
    {%- endif -%}
{%- endmacro %}

{# The instant at which a clock in `zone_name` shows a time, by the offset that holds there at another instant. #}
{% macro at_offset_of(clock, instant) -%}
    ({{ clock }} at time zone 'UTC' - (({{ instant }}) at time zone zone_name - ({{ instant }}) at time zone 'UTC'))
{%- endmacro %}

{% macro iso_timestamp_pattern() -%}
    '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,10})?)?( ?[AaPp][Mm])?)?( ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)| [A-Za-z][A-Za-z0-9_+/-]+)?$'
{%- endmacro %}

{# The usual notation as a whole; of others the parts. What is not read here, as an abbreviation for a zone (CET), is no
   time, and the gate counts it. #}
{% macro spark__safe_timestamp(text, local_times) -%}
    {%- set usual = '^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$' -%}
    case
        when left({{ text }}, 4) = '0000' then null
        when {{ matches(text, usual) }} then try_cast({{ text }} as timestamp)
        when {{ matches(text, timestamp_parts()) }} then transform(transform(array(named_struct(
            'day', {{ timestamp_part(text, 1) }},
            'hour', cast(nullif({{ timestamp_part(text, 2) }}, '') as int),
            'minute', {{ timestamp_part(text, 3) }},
            'second', {{ timestamp_part(text, 4) }},
            'micros', cast(floor(cast(concat('0', {{ timestamp_part(text, 5) }}) as decimal(11, 10)) * 1000000) as bigint),
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
            when p.zone like '%/%' then {{ zoned_instant('p.local', 'p.zone', local_times) }}
            else try_cast(concat(p.local, p.zone) as timestamp)
        end))[0]
    end
{%- endmacro %}

{# iso_timestamp_pattern with groups: day, hour, minute, second, fraction, AM or PM, sign, hours and minutes of the offset,
   zone. #}
{% macro timestamp_parts() -%}
    {{ return(
        '^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[ T]([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])([.][0-9]{1,10})?)?(?: ?([AaPp][Mm]))?)?'
        ~ '(?: ?(?:[Zz]|([+-])(0[0-9]|1[0-5]):?([0-5][0-9])?)| ([A-Za-z][A-Za-z0-9_+/-]+))?$'
    ) }}
{%- endmacro %}

{% macro timestamp_part(text, group) -%}
    regexp_extract({{ text }}, {{ quote_literal(java_pattern(timestamp_parts())) }}, {{ group }})
{%- endmacro %}

{# Of a local time that comes twice, as clocks are put back, Java takes the first: so the offset of the day after is tried as
   well. Of one that does not exist it takes the later, and that offset gives the earlier. #}
{% macro zoned_instant(local, zone, local_times) -%}
    {%- set day_after = '(i.first + interval 24 hour)' -%}
    {%- set there = 'from_utc_timestamp(' ~ day_after ~ ', trim(' ~ zone ~ '))' -%}
    {%- set is_clock = "from_utc_timestamp(i.first, trim(" ~ zone ~ ")) = i.clock" -%}
    {%- set comes_twice = 'i.second > i.first and from_utc_timestamp(i.second, trim(' ~ zone ~ ')) = i.clock' -%}
    {%- set chosen = {
        'later': 'case when ' ~ comes_twice ~ ' then i.second else i.first end',
        'earlier': 'case when ' ~ is_clock ~ ' then i.first else i.second end',
        'invalid': 'case when ' ~ is_clock ~ ' and not (' ~ comes_twice ~ ') then i.first end',
    } -%}
    transform(
        transform(array(named_struct(
            'first', try_cast(concat({{ local }}, {{ zone }}) as timestamp), 'clock', try_cast(concat({{ local }}, 'Z') as timestamp)
        )), i -> named_struct(
            'first', i.first, 'clock', i.clock,
            'second', case when i.first is not null then i.clock - ({{ there }} - {{ day_after }}) end
        )),
        i -> {{ chosen[local_times] }}
    )[0]
{%- endmacro %}
