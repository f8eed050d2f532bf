{# On Spark both build in full. See macros/incremental/kept.sql and macros/publish/published.sql. #}

{% materialization kept, adapter='spark' %}
    {{ return(materialize_build(this, this, sql)) }}
{% endmaterialization %}

{# Its view is a candidate until `publish_accepted` lets the published one show the same table. #}
{% materialization published, adapter='spark' %}
    {{ return(materialize_build(this, this.incorporate(path={'identifier': candidate_name(this.identifier)}), sql)) }}
{% endmaterialization %}

{% macro materialize_build(relation, view, query) %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ create_build_table(relation, query) }}
    {%- endcall %}
    {% do point_view(view, build_table(relation)) %}
    {% do drop_old_builds(relation) %}
    {{ run_hooks(post_hooks) }}
    {% do count_ahead(graph.nodes[model.unique_id], build_table(relation)) %}
    {% do return({'relations': [view.incorporate(type='view')]}) %}
{% endmacro %}
