{# While a build is not yet accepted its models and tests read each other's candidates; readers never do. Nor does a view of
   a candidate that goes when it is published, which one of changes does: it is of the table that then has these. In a hook of
   a run, where dbt knows no references, a model's own SQL gets what it would get in the model: see current_sql_hash. A project
   that has this one as a package calls it from a ref() of its own, where macros go by their full names: see require_root_project. #}
{% macro ref() %}
    {% set is_of_others = (model or {}).get('package_name', 'raw_to_ready') != 'raw_to_ready' %}
    {% if execute and (model or {}).get('resource_type') == 'operation' and not is_of_others %}
        {% do return(relation_read(varargs | last)) %}
    {% endif %}
    {% set relation = builtins.ref(*varargs, **kwargs) %}
    {% set relation = relation if is_of_others else whole(relation) %}
    {#- dbt knows no candidates, and takes what was only now built for the first time from the other environment. #}
    {% set own = relation %}
    {% if invocation_args_dict.get('defer') %}
        {% set own = relation.incorporate(path={'database': target.database, 'schema': raw_to_ready.generate_schema_name('feats', none) | trim}) %}
    {% endif %}
    {% set candidate = raw_to_ready.current_candidate(own) if execute else none %}
    {% set goes = candidate and candidate.is_view and (model.config or {}).get('materialized') == 'view' %}
    {% do return(relation if goes else candidate or relation) %}
{% endmacro %}

{# A source, for statements that change it too. #}
{% macro source() %}
    {% set relation = whole(builtins.source(*varargs, **kwargs)) %}
    {#- A source's own schema can ask no macro for its name. -#}
    {% if root_macro('generate_schema_name') and varargs[0] in ['meta', 'plan'] and not relation.is_cte %}
        {% set relation = relation.incorporate(path={'schema': meta_schema()}) %}
    {% endif %}
    {% do return(relation) %}
{% endmacro %}

{# A relation with all its rows: with --empty and --sample dbt writes a subquery in its place, which has an alias and cannot be
   changed. Such a build is empty, or of a part, because so are its loads and orders: see is_active_load and usable_rows. A batch
   of a model of one's own that goes by batches stays one. #}
{% macro whole(relation) %}
    {% set by_batch = ((model or {}).config or {}).get('incremental_strategy') == 'microbatch' %}
    {% set filtered = flags.EMPTY or sample_window() and not by_batch %}
    {% do return(relation.replace(limit=none, event_time_filter=none) if filtered else relation) %}
{% endmacro %}

{% macro relation_read(name) %}
    {% set node = node_named(name) %}
    {% if node.config.materialized == 'ephemeral' %}
        {% do return('__dbt__cte__' ~ node.alias) %}
    {% elif is_deferred(node) %}
        {% set there = node.defer_relation %}
        {% do return(api.Relation.create(database=there.database, schema=there.schema, identifier=there.alias)) %}
    {% endif %}
    {% do return(node_relation(node)) %}
{% endmacro %}
