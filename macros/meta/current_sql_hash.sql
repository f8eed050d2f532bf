{# What built_sql_hash would be if a node were built now: of a model the hash of the SQL that dbt would compile, of others their
   checksum. For an on-run-end hook. None where only the model's own run knows it, as its SQL names what only that has. #}
{% macro current_sql_hash(node) %}
    {% if node.resource_type != 'model' %}
        {#- Of a seed above 1 MB dbt knows the path alone: only a run that loads it knows. #}
        {% do return(none if node.checksum.name == 'path' else node.checksum.checksum) %}
    {% elif names_its_run(node.raw_code) %}
        {% do return(none) %}
    {% endif %}
    {% set parts, rendered = {}, normalized_sql(rendered_as(node)) %}
    {% do ephemeral_parts(node, rendered, parts) %}
    {% set ctes = [] %}
    {% for name, words in parts.items() %}
        {% do ctes.append('__dbt__cte__' ~ name ~ ' as ( ' ~ words ~ ' )') %}
    {% endfor %}
    {% set words = rendered %}
    {#- As dbt puts them before the model's own. #}
    {% if ctes and words[:5] | lower == 'with ' %}
        {% set words = words[:5] ~ ctes | join(' , ') ~ ' , ' ~ words[5:] %}
    {% elif ctes %}
        {% set words = 'with ' ~ ctes | join(' , ') ~ ' ' ~ words %}
    {% endif %}
    {% do return(local_md5(words)) %}
{% endmacro %}

{# Whether a model's code names what only its own run has, its config block and comments left out. #}
{% macro names_its_run(code) %}
    {% set own = modules.re.sub('(?m)^\\{\\{-?\\s*config[(][\\s\\S]*?[)]\\s*-?\\}\\}\\s*$|--[^\\n]*|\\{#[\\s\\S]*?#\\}', '', code) %}
    {% do return(modules.re.search('\\b(this|model|is_incremental|run_query|statement)\\b|\\bconfig[.]', own) is not none) %}
{% endmacro %}

{# Adds the ephemeral models that become part of a node, each after those it reads itself: alias -> SQL as words. `words`: the node's
   own SQL, which may leave out one that it depends on. #}
{% macro ephemeral_parts(node, words, parts) %}
    {% for node_id in node.depends_on.nodes if node_id in graph.nodes %}
        {% set read = graph.nodes[node_id] %}
        {% if read.config.materialized == 'ephemeral' and read.alias not in parts and '__dbt__cte__' ~ read.alias in words %}
            {% set own = normalized_sql(rendered_as(read)) %}
            {% do ephemeral_parts(read, own, parts) %}
            {% do parts.update({read.alias: own}) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# The SQL of a node, whose macros ask what `model` is, in a hook of a run; references are still those of the hook, see ref(). #}
{% macro rendered_as(node) %}
    {% set hook = work_as(dict(node, resource_type='operation')) %}
    {% set sql = render(node.raw_code) %}
    {% do work_as(hook) %}
    {% do return(sql) %}
{% endmacro %}
