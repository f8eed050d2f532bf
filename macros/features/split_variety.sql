{# A select of one row a split: whether a training set has rows of it, other customers and other labels than those of one of
   these rows, and that row's label as a_label, a text. #}
{% macro split_variety(training_set, label, splits) %}{{ return(adapter.dispatch('split_variety')(training_set, label, splits)) }}{% endmacro %}

{# As few rows as are needed: the first of each split, and the first that differs from it. #}
{% macro postgres__split_variety(training_set, label, splits) -%}
    {%- for split in splits %}
    {%- set of_split = training_set ~ " where split = '" ~ split ~ "'" %}
    select
        '{{ split }}' as split,
        one.customer_id is not null as has_rows,
        exists (select from {{ of_split }} and customer_id <> one.customer_id) as has_other_customers,
        exists (select from {{ of_split }} and coalesce(cast({{ label }} as text), 'unknown') <> one.a_label) as has_other_labels,
        one.a_label
    from (select 1) as always
    left join lateral (
        select customer_id, coalesce(cast({{ label }} as text), 'unknown') as a_label from {{ of_split }}
        limit 1
    ) as one on true
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro spark__split_variety(training_set, label, splits) -%}
    {%- for split in splits %}
    select
        '{{ split }}' as split,
        count(*) > 0 as has_rows,
        coalesce(min(customer_id) <> max(customer_id), false) as has_other_customers,
        coalesce(min(a_label) <> max(a_label), false) as has_other_labels,
        min(a_label) as a_label
    from (
        select customer_id, coalesce(cast({{ label }} as string), 'unknown') as a_label
        from {{ training_set }}
        where split = '{{ split }}'
    ) as of_split
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
