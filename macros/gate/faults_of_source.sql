{# What is wrong with the rows of a source, as value_faults has it. What a test of its own counts is left to that. #}
{% macro faults_of_source() %}
    {% set faults = [] %}
    {% for name in id_columns() + time_columns() if not is_tested(name, null_rules()) %}
        {% do faults.append(value_fault(name, 'has {n} null(s)', name ~ ' is null and ' ~ name ~ '_raw is null')) %}
    {% endfor %}
    {% for rule in ['typed_amounts_and_times', 'typed_values', 'long_ids', 'expressions_give_values'] %}
        {% do faults.extend(value_faults(rule)) %}
    {% endfor %}
    {% do return(faults) %}
{% endmacro %}

{# on-run-start of a build: each source says whose its rows are and when they came, and is tested. #}
{% macro check_sources() %}
    {% for name in further_sources() %}
        {% if source_of_name(name) != name %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: ' ~ name ~ ' cannot be the name of a source, as it ends as the name of its models does') %}
        {% endif %}
        {% set meta = node_meta(name ~ '_mapped') %}
        {% set columns, state = meta.get('columns', {}), meta.get('kind') == 'state' %}
        {% for column in ['customer_id'] + ([] if state else ['event_ts']) if not columns.get(column) %}
            {% do exceptions.raise_compiler_error(
                name ~ '.yaml: columns: ' ~ column ~ ' is not mapped; a source of ' ~ ('states' if state else 'events') ~ ' needs '
                ~ ('customer_id' if state else 'customer_id and event_ts')
            ) %}
        {% endfor %}
        {% if 'usable_rows' not in tests_attached_to(gate_model_id(name)) | map(attribute='test_metadata.name') %}
            {% do exceptions.raise_compiler_error(name ~ '.yaml: ' ~ name ~ '_parsed is not tested: give it data_tests: [usable_rows]') %}
        {% endif %}
    {% endfor %}
{% endmacro %}
