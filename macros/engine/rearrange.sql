{# A text rebuilt from the groups of a regular expression; `template` names them \1, \2, ... #}
{% macro rearrange(text, pattern, template) %}{{ return(adapter.dispatch('rearrange')(text, pattern, template)) }}{% endmacro %}

{% macro postgres__rearrange(text, pattern, template) -%}
    regexp_replace({{ text }}, {{ quote_literal(pattern) }}, {{ quote_literal(template) }})
{%- endmacro %}

{% macro spark__rearrange(text, pattern, template) -%}
    regexp_replace({{ text }}, {{ quote_literal(java_pattern(pattern)) }}, {{ quote_literal(template.replace('\\', '$')) }})
{%- endmacro %}
