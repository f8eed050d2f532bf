{# No record of a source beside the orders breaks a rule that is on by default and warns. #}
{% test plausible_rows(model) %}
{{ config(severity='warn') }}
{{ rows_against_rules(model, 'warn') }}
{% endtest %}
