{# What rows of a source lack, as value_faults has it. What a test of its own counts is left to that. #}
{% macro faults_of_source() %}
    {% set faults = [] %}
    {% for name in id_columns() + time_columns() if not is_tested(name, null_rules()) %}
        {% do faults.append(value_fault(name, 'has {n} null(s)', name ~ ' is null and ' ~ name ~ '_raw is null')) %}
    {% endfor %}
    {% if has_deletions() %}
        {% set words = quote_literals(words_of_deletion().yes + words_of_deletion().no) %}
        {% do faults.append(value_fault('deleted', 'has {n} value(s) that say neither yes nor no', 'deleted not in (' ~ words ~ ')')) %}
    {% endif %}
    {% do return(faults) %}
{% endmacro %}

{# The tests that every source has: what stops a run, and what warns. #}
{% macro tests_of_sources() %}{% do return(['usable_rows', 'plausible_rows']) %}{% endmacro %}

{# on-run-start of a build: each source says whose its rows are and when they came, and is tested. #}
{% macro check_sources() %}
    {% if node_meta('orders_mapped').get('lookup') %}
        {% do exceptions.raise_compiler_error('orders.yaml: lookup: orders have no look-ups, only sources of events beside them') %}
    {% endif %}
    {% for name in further_sources() %}
        {% if source_of_name(name) != name %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: ' ~ name ~ ' cannot be the name of a source, as it ends as the name of its models does') %}
        {% endif %}
        {% set meta = node_meta(name ~ '_mapped') %}
        {% set columns, state = meta.get('columns', {}), meta.get('kind') == 'state' %}
        {% set key = meta.get('key', 'customer_id') if state else 'customer_id' %}
        {% for column in [key] + ([] if state else ['event_ts']) if not columns.get(column) %}
            {% do exceptions.raise_compiler_error(
                name ~ '.yaml: columns: ' ~ column ~ ' is not mapped; a source of ' ~ ('states' if state else 'events') ~ ' needs '
                ~ (key if state else 'customer_id and event_ts')
            ) %}
        {% endfor %}
        {% if state and 'merged_into' in columns %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: merged_into is refused: ids that are merged stay two customers') %}
        {% endif %}
        {% set macro = 'source_keyed_states' if key != 'customer_id' else 'source_states' %}
        {% set code = graph.nodes['model.raw_to_ready.' ~ name].raw_code %}
        {% if state and 'source_' in code and macro ~ '(' not in code %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: key: for states of ' ~ key ~ ' ' ~ name ~ '.sql has to be {{ ' ~ macro ~ '() }}') %}
        {% endif %}
        {% do check_lookups(name, meta) %}
        {% set attached = tests_attached_to(gate_model_id(name)) | map(attribute='test_metadata.name') | list %}
        {% if tests_of_sources() | reject('in', attached) | list %}
            {% set tests = tests_of_sources() | join(', ') %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: ' ~ name ~ '_parsed is not tested: give it data_tests: [' ~ tests ~ ']') %}
        {% endif %}
    {% endfor %}
{% endmacro %}
