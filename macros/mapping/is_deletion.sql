{# Whether a row says that its customer, or its key, is gone from then on. #}
{% macro is_deletion(row) %}coalesce({{ row }}.deleted in ({{ quote_literals(words_of_deletion().yes) }}), false){% endmacro %}

{# Whether the states of the source at work say so at all. #}
{% macro has_deletions() %}{% do return('deleted' in optional_columns() and is_mapped('deleted')) %}{% endmacro %}

{# How files say so; all else the gate refuses. #}
{% macro words_of_deletion() %}{% do return({'yes': ['true', 't', 'yes', 'y', '1'], 'no': ['false', 'f', 'no', 'n', '0']}) %}{% endmacro %}
