{# SQL reduced to its words: comments, white space, the database's and schemas' own names, the choice of loads, and
   whether a table was read as a candidate do not count.
   What is left is joined by single blanks, so that equal texts mean equal queries. #}
{% macro normalized_sql(sql) %}
    {% set local = published_names(sql).replace(published_names(is_active_load()), published_names(default_load_condition())) %}
    {% set pattern = "'(?:[^']|'')*'|\"[^\"]*\"|--[^\\n]*|/\\*[\\s\\S]*?\\*/|\\{#[\\s\\S]*?#\\}|\\w+|[^\\w\\s]" %}
    {% set words = [] %}
    {% for word in modules.re.findall(pattern, local) %}
        {% if word[:2] not in ['--', '/*', '{#'] %}
            {% do words.append(word) %}
        {% endif %}
    {% endfor %}
    {% do return(words | join(' ')) %}
{% endmacro %}

{# SQL with the names that its tables have without database and prefix, once they are published. #}
{% macro published_names(sql) %}{% do return(adapter.dispatch('published_names')(sql)) %}{% endmacro %}

{% macro postgres__published_names(sql) %}
    {% set prefix = schema_prefix() %}
    {% set local = sql.replace('"' ~ target.database ~ '".', '') %}
    {% if prefix %}
        {% set local = local.replace('"' ~ prefix, '"') %}
    {% endif %}
    {% do return(local.replace(candidate_name('') ~ '"', '"')) %}
{% endmacro %}

{% macro spark__published_names(sql) %}
    {% set prefix = '\\b' ~ modules.re.escape(schema_prefix()) %}
    {% set local = modules.re.sub(prefix ~ '(?=(raw|stg|feats|meta)[.])', '', sql) %}
    {% do return(modules.re.sub(candidate_name('') ~ '\\b', '', local)) %}
{% endmacro %}

{# The SQL hash that each table was built with, by node id. #}
{% macro recorded_sql_hashes() %}
    {% do return(dict(run_query('select node_id, sql_hash from ' ~ source('meta', 'model_definitions')).rows | list)) %}
{% endmacro %}

{# What counts of a node in the definition of one below it: the hash of the SQL its table was built with, the loaded_hash of the seed
   that was loaded; none of an ephemeral model, whose SQL is part of what is compiled below it. #}
{% macro built_sql_hash(node, recorded) %}
    {% do return(recorded.get(node.unique_id, none if node.config.materialized == 'ephemeral' else node.checksum.checksum)) %}
{% endmacro %}

{% macro upstream_hashes(node) %}
    {% set recorded, hashes = recorded_sql_hashes(), [] %}
    {% for upstream in upstream_nodes(node) %}
        {% do hashes.append([upstream.unique_id, built_sql_hash(upstream, recorded)]) %}
    {% endfor %}
    {% do return(hashes) %}
{% endmacro %}
