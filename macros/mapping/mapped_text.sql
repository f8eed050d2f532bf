{# SQL for the text of one canonical column: trimmed, null words and empty text as null.
   `entry` is {column: NAME}, {expression: SQL} or {} (no such column: null). In an expression "NAME" is a CSV
   column's text, number("NAME") its decimal; file_name, line_number and load_id are there too. #}
{% macro mapped_text(entry, null_words) -%}
    {%- if entry.get('column') -%}
        {{ csv_text(entry.column, null_words) }}
    {%- elif entry.get('expression') -%}
        {{ plain_text('(' ~ mapped_expression(entry.expression, null_words, entry.get('round')) ~ ')') }}
    {%- else -%}
        cast(null as {{ type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro csv_text(csv_column, null_words) -%}
    {%- set text = namespace(sql=trim_whitespace(json_text('payload', csv_column))) -%}
    {%- for word in null_words -%}
        {%- set text.sql = "nullif(" ~ text.sql ~ ", " ~ quote_literal(word) ~ ")" -%}
    {%- endfor -%}
    {{ return(text.sql) }}
{%- endmacro %}

{% macro type_string() -%}
    {{ return(api.Column.translate_type('string')) }}
{%- endmacro %}

{# An expression of the configs with its CSV columns replaced by SQL. Where its result is rounded, each number() comes
   from a float as well: it is rounded to the most decimals that there can be. #}
{% macro mapped_expression(expression, null_words, round=none) -%}
    {%- set sql = namespace(text=expression) -%}
    {%- for name in csv_columns_in(expression) -%}
        {%- set text = csv_text(name, null_words) -%}
        {%- set sql.text = sql.text.replace('number("' ~ name ~ '")', '(' ~ safe_number(text, none if round is none else 6) ~ ')') -%}
        {%- set sql.text = sql.text.replace('"' ~ name ~ '"', text) -%}
    {%- endfor -%}
    {{ return(sql.text) }}
{%- endmacro %}

{% macro csv_columns_in(expression) -%}
    {{ return(modules.re.findall('"([^"]+)"', expression) | unique | list) }}
{%- endmacro %}

{# The text that a report shows for a column: what stands in the file, also where it is no number or time.
   Of an expression over several CSV columns, their texts side by side. #}
{% macro mapped_raw_text(entry, null_words) -%}
    {%- set names = csv_columns_in(entry.get('expression', '')) -%}
    {%- if names -%}
        nullif(concat_ws(' ', {% for name in names %}{{ csv_text(name, null_words) }}{{ ', ' if not loop.last }}{% endfor %}), '')
    {%- else -%}
        {{ mapped_text(entry, null_words) }}
    {%- endif -%}
{%- endmacro %}
