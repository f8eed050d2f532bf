{# A 128-bit hash in hex over rows, whatever their order: the md5 of each row's canonical text is cut into two
   64-bit numbers, each summed exactly; the hash is the md5 of count and sums. An aggregate expression over what
   hashed_rows gives. #}
{% macro content_hash() %}{{ return(adapter.dispatch('content_hash')()) }}{% endmacro %}

{% macro postgres__content_hash() -%}
    md5(concat_ws(
        '|',
        count(*),
        coalesce(sum({{ half_of_hash('left') }}), 0),
        coalesce(sum({{ half_of_hash('right') }}), 0)
    ))
{%- endmacro %}

{# The left or right half of row_hash as a whole number of 64 bits. #}
{% macro half_of_hash(side) %}cast(cast('x' || {{ side }}(row_hash, 16) as bit(64)) as bigint){% endmacro %}

{# conv gives a signed text for a negative base. #}
{% macro spark__content_hash() -%}
    md5(concat_ws(
        '|',
        cast(count(*) as string),
        cast(coalesce(sum(cast(conv(left(row_hash, 16), 16, -10) as decimal(28, 0))), 0) as string),
        cast(coalesce(sum(cast(conv(right(row_hash, 16), 16, -10) as decimal(28, 0))), 0) as string)
    ))
{%- endmacro %}

{# The rows of `relation` for which `condition` holds, as a subquery: row_hash, the md5 of a row's canonical text, and the
   columns named in `kept`. `columns` is a list of (expression, data type); see canonical_text for the text of each. #}
{% macro hashed_rows(relation, columns, kept=[], condition='true') -%}
    (
        select {{ (kept + ['md5(' ~ canonical_row(columns) ~ ') as row_hash']) | join(', ') }}
        from {{ relation }}
        where {{ condition }}
        {{ computed_once() }}
    ) as hashed_rows
{%- endmacro %}

{# Ends a subquery whose columns the query around it reads more than once. #}
{% macro computed_once() %}{{ return(adapter.dispatch('computed_once')()) }}{% endmacro %}

{# PostgreSQL would put the expressions wherever they are read: one md5 for each half of the hash. #}
{% macro postgres__computed_once() %}offset 0{% endmacro %}
{% macro default__computed_once() %}{% endmacro %}

{# One text a row: the columns' canonical texts, in order, with a bar between them. #}
{% macro canonical_row(columns) -%}
    {%- set texts = [] -%}
    {%- for expression, data_type in columns -%}
        {%- do texts.append("coalesce(" ~ canonical_text(expression, data_type) ~ ", " ~ null_mark() ~ ")") -%}
    {%- endfor -%}
    {{ return(texts | join(" || '|' || ")) }}
{%- endmacro %}

{# The text of a null: no other text has a single backslash. #}
{% macro null_mark() %}{{ return(adapter.dispatch('null_mark')()) }}{% endmacro %}
{% macro postgres__null_mark() %}'\N'{% endmacro %}
{% macro spark__null_mark() %}{{ quote_literal('\\N') }}{% endmacro %}
