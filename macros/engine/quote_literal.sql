{# A text as an SQL string literal; names and values from configs and files may hold quotes. #}
{% macro quote_literal(text) %}{{ return(adapter.dispatch('quote_literal')(text)) }}{% endmacro %}

{# E'' escapes mean the same whatever standard_conforming_strings says. #}
{% macro postgres__quote_literal(text) -%}
    {%- set escaped = (text | string).replace('\\', '\\\\').replace("'", "''") -%}
    {{ return(("E'" if '\\' in (text | string) else "'") ~ escaped ~ "'") }}
{%- endmacro %}

{# Spark reads \uXXXX in literals. A quote and a variable's mark are written so: what finds the literals in SQL text need
   not know of backslashes, and nothing is substituted. #}
{% macro spark__quote_literal(text) -%}
    {{ return("'" ~ (text | string).replace('\\', '\\\\').replace("'", '\\u0027').replace('$' ~ '{', '\\u0024{') ~ "'") }}
{%- endmacro %}

{# Several, with commas between them. #}
{% macro quote_literals(texts) -%}
    {%- for text in texts %}{{ quote_literal(text) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
