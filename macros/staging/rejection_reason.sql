{# Why a parsed row cannot become an order; null where it can. The first fault that applies.
   A state that nobody knows the time of is none that features could use. #}
{% macro rejection_reason() -%}
    case
        {%- if 'rows' in guarded_expressions() %}
        when {{ expression_raised('rows') }} then 'the filter rows cannot be computed'
        {%- endif %}
        {%- for name in id_columns() %}
        when {{ name }} is null and {{ name }}_raw is null then '{{ name }} is missing'
        {%- if name in guarded_expressions() %}
        when {{ expression_raised(name) }} then '{{ name }} cannot be computed'
        {%- endif %}
        when {{ name }} is null then '{{ name }} is longer than {{ longest_id() }} characters'
        {%- endfor %}
        {%- for name in time_columns() %}
        when {{ name }} is null and {{ name }}_raw is null then '{{ name }} is missing'
        when {{ name }} is null then '{{ name }} is not a valid timestamp'
        {%- endfor %}
        when amount is null and amount_raw is null then 'amount is missing'
        when amount is null then 'amount is not a valid number'
    end
{%- endmacro %}
