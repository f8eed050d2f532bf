-- A split without a row or of one customer, and a label that is the same in all of a split's rows or in all there are.
{%- set splits = split_definition() %}
{%- set wanted = ['train', 'val', 'test'] if splits.by_date or splits.train + splits.val < 1 else ['train', 'val'] %}
{%- set labels = label_columns() %}
with contents as (
    {%- for label in labels %}
    select {{ loop.index }} as place, '{{ label if labels | length > 1 else 'label' }}' as label, variety.*
    from (
        {{ split_variety(ref('customer_training_set'), label, wanted) }}
    ) as variety
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

constant as (
    select label, min(a_label) as a_label
    from contents
    where has_rows
    group by label
    having min(case when has_other_labels then 0 else 1 end) = 1 and min(a_label) = max(a_label)
)

select
    split,
    concat(
        'The ', split, ' split is empty: there are too few feature times with a known label. ',
        'Use more data, a shorter horizon or a finer calendar (configs/features.yaml).'
    ) as says
from contents
where place = 1 and not has_rows

union all

select split, concat('The ', split, ' split has one customer.') as says
from contents
where place = 1 and has_rows and not has_other_customers

union all

select split, concat('Every ', label, ' of the ', split, ' split is ', a_label, '.') as says
from contents
where has_rows and has_other_customers and not has_other_labels and label not in (select constant.label from constant)

union all

select cast(null as {{ type_string() }}) as split, concat('Every ', label, ' is ', a_label, ': there is nothing to learn from it.') as says
from constant
