{# on-run-start of a build: the three files of the configs folder were read, and nothing of it is a model; `ready` and .dbtignore
   see to both, and a plain dbt with another READY_CONFIGS stops here before a table is touched. A build with --empty has a
   prefix, and a target with a schema of its own one that ready knows of too. #}
{% macro require_configs() %}
    {% if execute and not modules.re.fullmatch('[a-z_][a-z0-9_]*', schema_prefix() or 'none') %}
        {% do exceptions.raise_compiler_error(
            "the schema of this target, '" ~ target.schema ~ "', becomes the prefix of stg, feats and meta: write it in a to z, 0 to 9 and _, "
            ~ 'and not with a digit first, such as pr12'
        ) %}
    {% elif execute and schema_prefix() and not env_var('READY_SCHEMA_PREFIX', '') and env_var('READY_BUILD_LOCK', '') %}
        {% do exceptions.raise_compiler_error(
            'ready reads and locks meta, and the schema of this target has ' ~ schema_prefix() ~ 'meta: use dbt without ready, or name the prefix '
            ~ 'for both: READY_SCHEMA_PREFIX=' ~ schema_prefix()
        ) %}
    {% endif %}
    {% if execute and flags.EMPTY and not schema_prefix() %}
        {% do exceptions.raise_compiler_error(
            '--empty would put empty tables in the place of stg, whose history and counts of loads then say what is not so: nothing was '
            ~ 'changed. ready dbt builds it in schemas of its own, as dbt does with a prefix: READY_SCHEMA_PREFIX=empty_ dbt build --empty'
        ) %}
    {% endif %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% set configs = env_var('READY_CONFIGS', 'configs') %}
        {% set files = {'orders_mapped': 'orders', 'orders_parsed': 'expectations', 'customer_features': 'features'} %}
        {% set checks = {} %}
        {% for node in graph.nodes.values() if node.resource_type == 'test' %}
            {% if node.name in checks %}
                {% do exceptions.raise_compiler_error(
                    'two checks are called ' ~ node.name ~ ', in ' ~ checks[node.name] ~ ' and ' ~ node.original_file_path
                    ~ ': the result of one would stand for both, so give each a name of its own'
                ) %}
            {% endif %}
            {% do checks.update({node.name: node.original_file_path}) %}
        {% endfor %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' %}
            {% if node.original_file_path.startswith(configs ~ '/') %}
                {% do exceptions.raise_compiler_error(
                    node.original_file_path ~ " is no part of the configs: keep it elsewhere, or build with ready, which reads only "
                    ~ "orders.yaml, expectations.yaml and features.yaml"
                ) %}
            {% elif node.name in files and not node.patch_path %}
                {% do exceptions.raise_compiler_error(
                    "dbt has found no " ~ files[node.name] ~ ".yaml in READY_CONFIGS, which is " ~ configs ~ ": see .dbtignore, or use ready dbt"
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
