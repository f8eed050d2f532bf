-- A record on which the filter `rows` is null is left out, as where it is false. Where it says not, or <>, that may be none's wish:
-- "Type" <> 'Refund' is null where Type is blank.
{%- if is_idle(model) %}
select * from {{ ref('orders_parsed') }}
where false
{%- else %}
{{ records_left_undecided() }}
{%- endif %}
-- depends_on: {{ ref('orders_parsed') }}
