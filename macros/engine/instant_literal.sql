{# A local time of a zone, known now, as an instant. #}
{% macro instant_literal(local_time, zone) -%}
    cast({{ quote_literal(local_time ~ ' ' ~ zone) }} as {{ type_instant() }})
{%- endmacro %}
