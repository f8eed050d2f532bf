{# A text that an index can hold beside others: where it is long, its beginning and its hash, so that as many texts differ. #}
{% macro short_text(text) -%}
    case when octet_length({{ text }}) > {{ longest_short_text() }} then left({{ text }}, 20) || md5({{ text }}) else {{ text }} end
{%- endmacro %}

{# In bytes: six of these, an id of longest_id() and the numbers of a purchase stay below an index row's 2704. #}
{% macro longest_short_text() %}{% do return(128) %}{% endmacro %}
