{# A condition on raw.loads: those that the build has decided to read, since one may come in meanwhile; else the active ones. #}
{% macro is_load_read() -%}
    {%- set loads = plan_function('loads_due') -%}
    {%- set decided = 'case when ' ~ loads ~ ' is null then ' ~ is_active_load() ~ ' else load_id = any(' ~ loads ~ ') end' -%}
    {{ return(is_active_load() if builds_in_full() == 'true' else decided) }}
{%- endmacro %}

{# A condition: rows of a load that is due, all of them in a full build. #}
{% macro is_load_due(load_id) -%}
    {{ return(due_alone(load_id ~ ' = any(' ~ plan_function('loads_due') ~ ')')) }}
{%- endmacro %}
