{# A condition: one of these columns, by default those that are times, is one of these dates at midnight, in UTC or in the zone
   of the mapping. #}
{% macro is_placeholder_date(dates, columns=none) -%}
    {%- set mapping = orders_mapping() -%}
    {%- set conditions = [] -%}
    {%- for column in columns or time_columns() -%}
        {%- set zones = ['UTC', mapping['columns'][column].get('timezone', mapping.timezone)] | unique | list -%}
        {%- set instants = [] -%}
        {%- for date in dates -%}
            {%- for zone in zones -%}
                {%- do instants.append(instant_literal(date ~ ' 00:00:00', zone)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do conditions.append(column ~ ' in (' ~ instants | join(', ') ~ ')') -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') }})
{%- endmacro %}

{# What systems write where they know no date: the beginnings of their calendars, and days without end. #}
{% macro placeholder_dates() %}
    {% do return([
        '0001-01-01', '1601-01-01', '1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01', '1904-01-01', '1970-01-01',
        '2099-12-31', '9999-12-31',
    ]) %}
{% endmacro %}
