{# The rows for which the expectation is false, with all their columns; null is no failure. #}
{% macro _failing_rows(model, expectation, row_condition) %}
select *
from {{ model }}
where
    {% if row_condition -%}
    ({{ row_condition }})
    and {% endif -%}
    not ({{ expectation }})
{% endmacro %}
