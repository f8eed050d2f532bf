{# A condition that only an incremental build applies. It stands in the compiled SQL as a comment: so a model has one SQL and
   one sql_hash, that of the full build, however its table was last brought up to date. The materialisation uncovers it.
   It names side tables by side_table(), and loads by changed_loads(). `word` begins it: and, where, or a join. #}
{% macro only_changed(condition, word='and') -%}
    {{ return('/*changed' ~ changed_mark() ~ ' ' ~ word ~ ' ' ~ condition ~ ' changed' ~ changed_mark() ~ '*/') }}
{%- endmacro %}

{# An expression for which an incremental build has another. #}
{% macro instead(expression, changed) -%}
    {%- set mark = changed_mark() -%}
    {{ return('/*full' ~ mark ~ '*/ ' ~ expression ~ ' /*full end' ~ mark ~ '*/ /*changed' ~ mark ~ ' ' ~ changed ~ ' changed' ~ mark ~ '*/') }}
{%- endmacro %}

{# Stands for the numbers of the loads that came. #}
{% macro changed_loads() -%}
    {{ return('(' ~ changed_mark() ~ ')') }}
{%- endmacro %}

{# A hash of what users write into these models' SQL: no text of theirs can hold it. #}
{% macro changed_mark() %}
    {% do return(local_md5(tojson([node_meta('orders_mapped'), node_meta('customer_features')]))) %}
{% endmacro %}

{# The SQL of the incremental build. #}
{% macro uncovered(sql) %}
    {% set mark = changed_mark() %}
    {% set own = modules.re.sub('/[*]full' ~ mark ~ '[*]/[\\s\\S]*?/[*]full end' ~ mark ~ '[*]/', '', sql) %}
    {% do return(own.replace('/*changed' ~ mark, '').replace('changed' ~ mark ~ '*/', '')) %}
{% endmacro %}

{% macro has_only_changed(sql) %}
    {% do return('/*changed' ~ changed_mark() in sql) %}
{% endmacro %}
