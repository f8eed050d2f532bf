{# A 128-bit hash in hex over rows, whatever their order: the md5 of each row's canonical text is cut into two
   64-bit numbers, each summed exactly; the hash is the md5 of count and sums. An aggregate expression.
   `columns` is a list of (expression, data type); see canonical_text for the text of each. #}
{% macro content_hash(columns) -%}
    {{ return(adapter.dispatch('content_hash')(canonical_row(columns))) }}
{%- endmacro %}

{% macro postgres__content_hash(row_text) -%}
    md5(concat_ws(
        '|',
        count(*),
        coalesce(sum(cast(cast('x' || left(md5({{ row_text }}), 16) as bit(64)) as bigint)), 0),
        coalesce(sum(cast(cast('x' || right(md5({{ row_text }}), 16) as bit(64)) as bigint)), 0)
    ))
{%- endmacro %}

{# conv gives a signed text for a negative base. #}
{% macro spark__content_hash(row_text) -%}
    md5(concat_ws(
        '|',
        cast(count(*) as string),
        cast(coalesce(sum(cast(conv(left(md5({{ row_text }}), 16), 16, -10) as decimal(28, 0))), 0) as string),
        cast(coalesce(sum(cast(conv(right(md5({{ row_text }}), 16), 16, -10) as decimal(28, 0))), 0) as string)
    ))
{%- endmacro %}

{# One text a row: the columns' canonical texts, in order, with a bar between them. #}
{% macro canonical_row(columns) -%}
    {%- set texts = [] -%}
    {%- for expression, data_type in columns -%}
        {%- do texts.append("coalesce(" ~ canonical_text(expression, data_type) ~ ", " ~ null_mark() ~ ")") -%}
    {%- endfor -%}
    {{ return(texts | join(" || '|' || ")) }}
{%- endmacro %}

{# What stands for null: no text has a single backslash. #}
{% macro null_mark() -%}
    {{ return(adapter.dispatch('null_mark')()) }}
{%- endmacro %}

{% macro postgres__null_mark() -%}
    '\N'
{%- endmacro %}

{% macro spark__null_mark() -%}
    {{ quote_literal('\\N') }}
{%- endmacro %}
