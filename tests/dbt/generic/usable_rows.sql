{# Every record of a source beside the orders that cannot become a row of it, or has a text that is no number: what rules that are on by
   default count for the orders. #}
{% test usable_rows(model) %}
{{ rows_at_fault(model, faults_of_source()) }}
{%- if key_of_source() != 'customer_id' %}
    union all
    {{ states_that_contradict(model) }}
{%- endif %}
{% endtest %}
