-- A number or time that is `of: order` is one, on whatever lines and in whatever files of the order it is: a number counts once,
-- and nothing says which of two is right. A blank line says nothing, one that a later file corrects is not looked at.
{%- set values = [] %}
{%- for name in number_columns() + time_columns() if is_of_order(name) %}{% do values.append(name) %}{% endfor %}
{{ lines_that_differ(values) }}
