{# The text that the file gave is there, and no timestamp came of it. #}
{% test valid_timestamp(model, column_name, raw_column=None) %}
select *
from {{ model }}
where
    {{ raw_column or column_name ~ "_raw" }} is not null
    and {{ column_name }} is null
{% endtest %}
