{# A model has one SQL, whether it is built in full or in part: it asks the database which of them it is. The planner knows the
   answer before it plans (create_plan_functions), so it leaves the other branch out, with the joins that only that needs.
   What is due is in the tables of source `plan`. Outside a build the answer is true; on an engine that knows no builds in part
   it is the word itself, and nothing of them is written. #}
{% macro builds_in_full() %}{{ return(adapter.dispatch('builds_in_full')()) }}{% endmacro %}
{% macro default__builds_in_full() %}{{ return('true') }}{% endmacro %}
{% macro postgres__builds_in_full() %}{{ return(plan_function('builds_in_full')) }}{% endmacro %}

{# A condition that a full build does without. #}
{% macro due_alone(condition) -%}
    {{ return('true' if builds_in_full() == 'true' else '(' ~ builds_in_full() ~ ' or ' ~ condition ~ ')') }}
{%- endmacro %}

{# An expression of a full build, and the one of a build in part. #}
{% macro full_or_due(full, due) -%}
    {{ return(full if builds_in_full() == 'true' else 'case when ' ~ builds_in_full() ~ ' then ' ~ full ~ ' else ' ~ due ~ ' end') }}
{%- endmacro %}

{# A left join to a plan table by its primary key. A full build names none of its columns, so the planner drops the join; a
   build in part has a condition on one (due_alone), which makes it an inner join. #}
{% macro join_due(plan_table, condition) -%}
    {{ 'left join ' ~ plan_relation(plan_table) ~ ' as ' ~ plan_table ~ ' on ' ~ condition if builds_in_full() != 'true' }}
{%- endmacro %}

{# The rows of a select, or in a build in part those of a plan table with the same columns. #}
{% macro all_or_due(select_all, plan_table) -%}
    {%- if builds_in_full() == 'true' -%}
    {{ select_all }}
    {%- else -%}
    select * from ({{ select_all }}) as all_rows where {{ builds_in_full() }}
    union all
    select * from {{ plan_relation(plan_table) }} where not {{ builds_in_full() }}
    {%- endif -%}
{%- endmacro %}

{# A plan table of the model at work. The tables of the orders share one, as each is made from the one before; those of a source and
   joined sets, which dbt builds beside them, have their own: NAME__MODEL. #}
{% macro plan_relation(name) %}
    {% set shared = source('plan', name) %}
    {% do return(plan_of_model(shared, model) if execute and has_plan_of_its_own(model or {}) else shared) %}
{% endmacro %}

{% macro plan_of_model(shared, node) %}
    {% do return(shared.incorporate(path={'identifier': shared.identifier ~ '__' ~ node.name})) %}
{% endmacro %}

{% macro has_plan_of_its_own(node) %}
    {% do return(node.get('config') and own_meta(node).get('kept_by') in ['key', 'source', 'join']) %}
{% endmacro %}

{# What these are called in SQL. #}
{% macro plan_function(name) -%}
    {{ return(adapter.quote(meta_schema()) ~ '.' ~ name ~ '()') }}
{%- endmacro %}

{# Settings of the transaction in which a model is built: in part, or of what loads. #}
{% macro build_in_part() %}set local ready.builds = 'in part';{% endmacro %}

{% macro read_loads(load_ids) %}set local ready.loads_due = '{ {{- load_ids | join(', ') -}} }';{% endmacro %}
