{# on-run-start: what a project that has this one as a package has to have itself, since dbt reads it of the root project alone. #}
{% macro require_root_project() %}
    {% if execute and 'dbt_expectations' not in context %}
        {% do exceptions.raise_compiler_error(
            'the package dbt_expectations is not installed: run dbt deps. Where raw_to_ready is itself a package, packages.yml names both: docs/dbt.md'
        ) %}
    {% elif execute and not is_root_project() and not root_macro('ref') %}
        {% for node in readers_elsewhere() %}
            {% do exceptions.raise_compiler_error(
                node.name ~ ' of ' ~ node.package_name ~ ' reads a table of feats, and would not get what this build makes of it: give your project a file '
                ~ 'macros/ref.sql with the line {% macro ref() %}{{ return(raw_to_ready.ref(*varargs, **kwargs)) }}{% endmacro %}'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{# What other packages have that reads a published model, as graph nodes. #}
{% macro readers_elsewhere() %}
    {% set readers = [] %}
    {% set published = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'published') | map(attribute='unique_id') | list %}
    {% for node in graph.nodes.values() if node.package_name != 'raw_to_ready' and node.depends_on.nodes | select('in', published) | list %}
        {% do readers.append(node) %}
    {% endfor %}
    {% do return(readers) %}
{% endmacro %}
