{# A text, or a whole record, with one mark for delimiters and quotes, and around it: a field of the record is a part of it. Blanks
   are left out. #}
{% macro between_marks(text) -%}
    '|' || translate({{ text }}, {{ quote_literal(',;\t|"' ~ "'" ~ ' ') }}, '||||||') || '|'
{%- endmacro %}
