{# On Spark no transaction lets a table take over, so every build of a model writes a table of its own, and the model's name
   is a view of one of them: readers see the earlier one until the view is replaced, and a killed build leaves nothing in
   the way of the next. #}

{# The table that this run builds for a relation. Names sort by the time of the run. #}
{% macro build_table(relation) %}
    {% set suffix = run_started_at.strftime('%Y%m%d%H%M%S%f') ~ '_' ~ invocation_id[:8] %}
    {% do return(relation.incorporate(path={'identifier': relation.identifier ~ build_mark() ~ suffix}, type='table')) %}
{% endmacro %}

{% macro build_mark() %}{% do return('__build_') %}{% endmacro %}

{# The tables built for a relation, the latest first. #}
{% macro built_tables(relation) %}
    {% set pattern = relation.identifier ~ build_mark() %}
    {% set tables = [] %}
    {% for row in run_query('show tables in ' ~ relation.schema ~ " like '" ~ pattern ~ "*'").rows if row[1].startswith(pattern) %}
        {% do tables.append(relation.incorporate(path={'identifier': row[1]}, type='table')) %}
    {% endfor %}
    {% do return(tables | sort(attribute='identifier', reverse=true)) %}
{% endmacro %}

{% macro create_build_table(relation, sql) -%}
    create table {{ build_table(relation) }} using parquet as
    {{ sql }}
{%- endmacro %}

{# Lets a view show a table. #}
{% macro point_view(view, table) %}
    {% set existing = load_cached_relation(view) %}
    {% if existing and existing.is_table %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% do run_query('create or replace view ' ~ view ~ ' as select * from ' ~ table) %}
{% endmacro %}

{# Drops what earlier builds left, but for the one before the latest, which someone may still be reading, and for the one that
   readers are shown: builds after it may all have been refused. #}
{% macro drop_old_builds(relation) %}
    {% set view = load_cached_relation(relation) %}
    {% set shown = run_query('show create table ' ~ view).rows[0][0] if view and view.is_view else '' %}
    {% for table in built_tables(relation)[2:] if table.identifier not in shown %}
        {% do run_query('drop table if exists ' ~ table) %}
    {% endfor %}
{% endmacro %}
