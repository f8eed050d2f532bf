{# A whole number from 0 to 2^32 - 1 that depends on a text and a seed alone, spread evenly over texts: the first
   32 bits of the md5 of `SEED|TEXT`. #}
{% macro hash_number(text, seed) %}{{ return(adapter.dispatch('hash_number')(text, seed)) }}{% endmacro %}

{% macro postgres__hash_number(text, seed) -%}
    cast(cast('x' || left(md5('{{ seed }}|' || {{ text }}), 8) as bit(32)) as bigint)
{%- endmacro %}

{% macro spark__hash_number(text, seed) -%}
    cast(conv(left(md5(concat('{{ seed }}|', {{ text }})), 8), 16, 10) as bigint)
{%- endmacro %}
