{# A condition that only an incremental build applies. It stands in the compiled SQL as a comment: so a model has one SQL and
   one sql_hash, that of the full build, however its table was last brought up to date. The materialisation uncovers it.
   It reads the side tables by their plain names, and `(changed_loads)` stands for the numbers of loads. `word` begins it: and, where, or a join. #}
{% macro only_changed(condition, word='and') -%}
    {{ return('/*changed ' ~ word ~ ' ' ~ condition ~ ' changed*/') }}
{%- endmacro %}

{# An expression for which an incremental build has another. #}
{% macro instead(expression, changed) -%}
    {{ return('/*full*/ ' ~ expression ~ ' /*full end*/ /*changed ' ~ changed ~ ' changed*/') }}
{%- endmacro %}

{# The SQL of the incremental build. #}
{% macro uncovered(sql) %}
    {% set own = modules.re.sub('/[*]full[*]/[\\s\\S]*?/[*]full end[*]/', '', sql).split('/*changed') %}
    {% set parts = [own[0]] %}
    {% for part in own[1:] %}
        {% set condition, after = part.split('changed*/', 1) %}
        {% set plain_names = '\\b(' ~ side_table_names() | join('|') ~ ')\\b' %}
        {% do parts.append(modules.re.sub(plain_names, side_table('\\1'), condition) ~ after) %}
    {% endfor %}
    {% do return(parts | join('')) %}
{% endmacro %}

{% macro has_only_changed(sql) %}
    {% do return('/*changed' in sql) %}
{% endmacro %}
