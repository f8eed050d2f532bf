{# A select of one record for each key (the id of an order or event, or that and more) whose records differ: the first that differs
   from the first of all, beside the place of that one. differ: over the records of a key, whether they do; differs: of a record
   and `first`, the first one's values as first_COLUMN. `each`: of all that differ. #}
{% macro records_that_differ(parsed, columns, differ, differs, key=none, each=false) -%}
{%- set id = key_of_records()[0] -%}
{%- set key = key or [id] -%}
with differing as (
    select {{ key | join(', ') }}
    from {{ parsed }}
    where
        {{ id }} is not null
        {%- if order_grain() == 'order' %}
        and {{ id }} in {{ come_again(parsed) }}
        {%- endif %}
    group by {{ key | join(', ') }}
    having {{ differ }}
),

placed as (
    select
        parsed.*,
        {%- for column in columns %}
        first_value(parsed.{{ column }}) over of_key as first_{{ column }},
        {%- endfor %}
        first_value(parsed.file_name) over of_key as other_file_name,
        first_value(parsed.line_number) over of_key as other_line_number
    from {{ parsed }} as parsed
    inner join differing on {% for column in key %}parsed.{{ column }} = differing.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    window of_key as (partition by parsed.{{ key | join(', parsed.') }} order by
        case when {% for column in columns %}parsed.{{ column }} is null{{ ' and ' if not loop.last }}{% endfor %} then 1 else 0 end,
        parsed.load_id, parsed.line_number
    )
),

ranked as (
    select
        *,
        row_number() over (partition by {{ key | join(', ') }} order by load_id, line_number) as place
    from placed
    where {{ differs }}
)

select *
from ranked
{{- '\nwhere place = 1' if not each }}
order by load_id, line_number
{%- endmacro %}

{# An id that comes again with another customer is not one order, or event. #}
{% macro other_customers(parsed, each=false) -%}
    {{ records_that_differ(
        parsed, ['customer_id'],
        differ='min(customer_id) <> max(customer_id)',
        differs='customer_id <> first_customer_id',
        each=each
    ) }}
{%- endmacro %}

{# One that comes again at a time more than so many days away is another one. #}
{% macro other_times(parsed, span, each=false) -%}
    {%- set time, span = time_of_records(), days(span) -%}
    {{ records_that_differ(
        parsed, [time],
        differ='max(' ~ time ~ ') > min(' ~ time ~ ') + ' ~ span,
        differs=time ~ ' > first_' ~ time ~ ' + ' ~ span ~ ' or ' ~ time ~ ' < first_' ~ time ~ ' - ' ~ span,
        each=each
    ) }}
{%- endmacro %}
