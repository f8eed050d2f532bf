{# A table that readers see only once it is accepted: it is built as NAME__candidate, the tests run on that, and
   `publish_accepted` (on-run-end) lets it take over. dbt's own table materialisation replaces first and tests later.
   With kept_by (feature, label or row) only rows that a change can have moved are built, and the candidate is a view. #}
{% materialization published, default %}
    {%- set candidate = this.incorporate(path={'identifier': candidate_name(this.identifier)}, type='table') -%}
    {%- set kept_by = kept_setting('kept_by') -%}
    {%- set state = table_state(kept_by, sql) if kept_by else none -%}
    {%- set earlier = reusable_state(this, state) if kept_by else none -%}
    {%- do drop_relation_if_exists(load_cached_relation(candidate)) -%}
    {%- if earlier -%}
        {%- set candidate = candidate.incorporate(type='view') -%}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        {%- if earlier -%}
            {{ create_changes(kept_by, this, sql, earlier, state) }}
        {%- else -%}
            {{ create_table_in_parts(candidate, sql) }}
        {%- endif -%}
    {%- endcall %}
    {%- if state -%}
        {% do run_query(record_table_state(candidate, state)) %}
    {%- endif -%}

    {%- if earlier -%}
        {% do run_query(show_candidate(candidate, this)) %}
    {%- else -%}
        {% do drop_parts(candidate, sql) %}
        {% do create_indexes(candidate) %}
        {% do run_query('analyze ' ~ candidate) %}
        {% do persist_docs(candidate, model) %}
    {%- endif %}
    {%- do give_grants(this if earlier else candidate) %}
    {%- set hooks = post_hooks if earlier else hooks_on(candidate, post_hooks) %}
    {{ run_hooks(hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(hooks, inside_transaction=False) }}

    {{ return({'relations': [candidate]}) }}
{% endmaterialization %}

{# Hooks in which `this` is the table that was built: the one of that name is there only once this one takes over, and goes
   then with what a hook has done to it. #}
{% macro hooks_on(candidate, hooks) %}
    {% set on_candidate = [] %}
    {% set this_is = '{%- set this = api.Relation.create(database=' ~ tojson(candidate.database) ~ ', schema=' ~ tojson(candidate.schema)
        ~ ', identifier=' ~ tojson(candidate.identifier) ~ ", type='table') -%}" %}
    {% for hook in hooks %}
        {% do on_candidate.append({'sql': this_is ~ hook.sql, 'transaction': hook.transaction}) %}
    {% endfor %}
    {% do return(on_candidate) %}
{% endmacro %}
