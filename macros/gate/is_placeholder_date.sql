{# A condition: one of these columns, by default those that are times, lies on one of these dates, in UTC or in the zone of the
   mapping. A row of today is compared with the end of the dates before 1971, not with each of them. #}
{% macro is_placeholder_date(dates, columns=none) -%}
    {%- set mapping = orders_mapping() -%}
    {%- set conditions = ['false'] -%}
    {%- for column in columns or time_columns() -%}
        {%- set early = [] -%}
        {%- for date in dates | map('string') -%}
            {%- for zone in ['UTC', mapping['columns'][column].get('timezone', mapping.timezone)] | unique -%}
                {%- do (early if date < '1971' else conditions).append(is_on_date(column, date, zone)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if early -%}
            {%- do conditions.append(column ~ ' < ' ~ instant_literal('1971-01-02 00:00:00', 'UTC') ~ ' and (' ~ early | join(' or ') ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') }})
{%- endmacro %}

{# A condition: an instant lies on a date of a zone. The last one has no day after it. #}
{% macro is_on_date(column, date, zone) -%}
    {{ column }} >= {{ instant_literal(date ~ ' 00:00:00', zone) }}
    {%- if date < '9999-12-31' -%}
        {%- set next_day = modules.datetime.date.fromisoformat(date) + modules.datetime.timedelta(1) %} and {{ column }} < {{ instant_literal(next_day ~ ' 00:00:00', zone) }}
    {%- endif -%}
{%- endmacro %}

{# What systems write where they know no date: the beginnings of their calendars, and days without end. In the west the first
   second of 1970 is still in 1969. #}
{% macro placeholder_dates() %}
    {% do return([
        '0001-01-01', '1601-01-01', '1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01', '1904-01-01', '1969-12-31', '1970-01-01',
        '2099-12-31', '9999-12-31',
    ]) %}
{% endmacro %}

{# A condition: neither of the other two rules on dates names a row's order_ts, or event_ts; one that is switched off names none. #}
{% macro is_plausible_date(relation) -%}
    {%- set time = time_of_records() -%}
    {%- set future = rule_settings('no_order_in_the_future') -%}
    {%- set placeholder = rule_settings('no_placeholder_date') -%}
    true
    {%- if placeholder is not none %}
            and not {{ is_placeholder_date(placeholder.get('dates', placeholder_dates()), [time]) }}
    {%- endif %}
    {%- if future is not none %}
            and {{ is_placed_before_load(relation, time, future.get('days', 1)) }}
    {%- endif %}
{%- endmacro %}
