-- The lines of an order have one status and one currency, in whatever files they are, and one of each text that is `of: order`:
-- the first line's is the order's. A line that says nothing agrees with all, one that a later file corrects is not looked
-- at. A status that counts line by line may differ.
{%- set texts = [] %}
{%- for name in orders_mapping()['columns'] if name not in number_columns() + time_columns() + ['order_id', 'customer_id', 'line_id'] %}
    {%- if is_of_order(name) or name == 'currency' or (name == 'status' and describes_order(name)) %}
        {%- do texts.append(name) %}
    {%- endif %}
{%- endfor %}
{{ lines_that_differ(texts) }}
