{# The split of a customer, by a seeded hash of its id cut at the shares: it stays the same when rows are added or
   come in another order. #}
{% macro customer_split(row, splits) -%}
    {%- set hash = hash_number(row ~ '.customer_id', splits.seed) -%}
    case
        when {{ hash }} < {{ splits.train }} * 4294967296 then 'train'
        when {{ hash }} < ({{ splits.train }} + {{ splits.val }}) * 4294967296 then 'val'
        else 'test'
    end
{%- endmacro %}
