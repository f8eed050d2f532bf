{# Every record of a source beside the orders can become a row of it, and breaks no rule that is on by default and stops a run. #}
{% test usable_rows(model) %}
{{ rows_against_rules(model, 'error') }}
{% endtest %}
