{# What is wrong with the rows of a source, as value_faults has it. What a test of its own counts is left to that. #}
{% macro faults_of_source() %}
    {% set faults = [] %}
    {% for name in id_columns() + time_columns() if not is_tested(name, null_rules()) %}
        {% do faults.append(value_fault(name, 'has {n} null(s)', name ~ ' is null and ' ~ name ~ '_raw is null')) %}
    {% endfor %}
    {% if has_deletions() %}
        {% set words = quote_literals(words_of_deletion().yes + words_of_deletion().no) %}
        {% do faults.append(value_fault('deleted', 'has {n} value(s) that say neither yes nor no', 'deleted not in (' ~ words ~ ')')) %}
    {% endif %}
    {% for rule in ['typed_amounts_and_times', 'typed_values', 'long_ids', 'expressions_give_values'] %}
        {% do faults.extend(value_faults(rule)) %}
    {% endfor %}
    {% do return(faults) %}
{% endmacro %}

{# on-run-start of a build: each source says whose its rows are and when they came, and is tested. #}
{% macro check_sources() %}
    {% if node_meta('orders_mapped').get('lookup') %}
        {% do exceptions.raise_compiler_error('orders.yaml: lookup: what orders look up is said of the model order_lookups, below orders_mapped') %}
    {% endif %}
    {% do check_lookups('orders', node_meta('orders_mapped')) %}
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
        {% set macro = 'source_keyed_states' if key != 'customer_id' else 'source_states' %}
        {% set code = graph.nodes['model.raw_to_ready.' ~ name].raw_code %}
        {% if state and 'source_' in code and macro ~ '(' not in code %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: key: for states of ' ~ key ~ ' ' ~ name ~ '.sql has to be {{ ' ~ macro ~ '() }}') %}
        {% endif %}
        {% do check_lookups(name, meta) %}
        {% if 'usable_rows' not in tests_attached_to(gate_model_id(name)) | map(attribute='test_metadata.name') %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: ' ~ name ~ '_parsed is not tested: give it data_tests: [usable_rows]') %}
        {% endif %}
    {% endfor %}
{% endmacro %}
