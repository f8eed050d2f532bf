{# A table that readers see only once it is accepted: it is built as NAME__candidate, the tests run on that, and
   `publish_accepted` (on-run-end) lets it take over. dbt's own table materialisation replaces first and tests later. #}
{% materialization published, default %}
    {%- set candidate = this.incorporate(path={'identifier': candidate_name(this.identifier)}, type='table') -%}
    {%- do drop_relation_if_exists(load_cached_relation(candidate)) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        {{ get_create_table_as_sql(False, candidate, sql) }}
    {%- endcall %}

    {% do create_indexes(candidate) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(candidate, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [candidate]}) }}
{% endmaterialization %}
