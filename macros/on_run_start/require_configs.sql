{# on-run-start of a build: the files of the configs folder were read, and nothing of it is a model; `ready` and .dbtignore
   see to both, and a plain dbt with another READY_CONFIGS stops here before a table is touched. #}
{% macro require_configs() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] %}
        {% set configs = env_var('READY_CONFIGS', 'configs') %}
        {% if configs.startswith('/') %}
            {% do exceptions.raise_compiler_error(
                'READY_CONFIGS is ' ~ configs ~ ', and dbt would write into it: name it as seen from the folder of raw_to_ready, or use ready dbt'
            ) %}
        {% endif %}
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
                    ~ "its .yaml files"
                ) %}
            {% elif node.name in files and not node.patch_path %}
                {% do exceptions.raise_compiler_error(
                    "dbt has found no " ~ files[node.name] ~ ".yaml in READY_CONFIGS, which is " ~ configs ~ ": see .dbtignore, or use ready dbt"
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
