{# Why a parsed row cannot become an order, or an event; null where it can. The first fault that applies.
   A state that nobody knows the time of is none that features could use. #}
{% macro rejection_reason() -%}
    case
        {%- if 'rows' in guarded_expressions() %}
        when {{ expression_raised('rows') }} then 'the filter rows cannot be computed'
        {%- endif %}
        {%- for name in id_columns() %}
        {%- if name in guarded_expressions() %}
        when {{ expression_raised(name) }} then '{{ name }} cannot be computed'
        {%- endif %}
        when {{ is_long_id(name) }} then '{{ name }} is longer than {{ longest_id() }} characters'
        when {{ name }} is null then '{{ name }} is missing'
        {%- endfor %}
        {%- for name in time_columns() %}
        when {{ name }} is null and {{ name }}_raw is null then '{{ name }} is missing'
        when {{ name }} is null then '{{ name }} is not a valid timestamp'
        {%- endfor %}
        {%- for name in number_columns() if name in canonical_columns() %}
        when {{ name }} is null and {{ name }}_raw is null then '{{ name }} is missing'
        when {{ name }} is null then '{{ name }} is not a valid number'
        {%- endfor %}
    end
{%- endmacro %}
