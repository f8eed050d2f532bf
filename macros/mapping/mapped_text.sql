{# SQL for the text of one column of orders.yaml: trimmed, null words and empty text as null.
   `entry` is {column: NAME}, {expression: SQL} or {} (no such column: null). #}
{% macro mapped_text(name, entry, null_words) -%}
    {%- if entry.get('column') -%}
        {{ csv_text(entry.column, null_words) }}
    {%- elif name in guarded_expressions() -%}
        {{ name }}_guarded[1]
    {%- elif entry.get('expression') -%}
        {{ plain_text('(' ~ mapped_expression(entry) ~ ')') }}
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


{# The text that a report shows for a column: what the file has, also where it is no number or time.
   Of an expression over several CSV columns, their texts side by side; of a text's, where it raised. #}
{% macro mapped_raw_text(name, entry, null_words) -%}
    {%- set names = csv_columns_in(entry.get('expression', '')) -%}
    {%- set guarded = name in guarded_expressions() -%}
    {%- if name not in time_columns() + number_columns() and not guarded or not names -%}
        {{ mapped_text(name, entry, null_words) }}
    {%- elif guarded and name not in time_columns() + number_columns() -%}
        case when {{ name }}_guarded[2] is null then {{ name }}_guarded[1] else {{ csv_texts(names, null_words) }} end
    {%- else -%}
        {{ csv_texts(names, null_words) }}
    {%- endif -%}
{%- endmacro %}

{% macro csv_texts(names, null_words) -%}
    nullif(concat_ws(' ', {% for name in names %}{{ csv_text(name, null_words) }}{{ ', ' if not loop.last }}{% endfor %}), '')
{%- endmacro %}

{# The column of orders_mapped that holds a text column's value: where its expression may raise, NAME_raw is what it reads. #}
{% macro text_of(name) %}{{ return(name ~ ('_text' if name in guarded_expressions() else '_raw')) }}{% endmacro %}
