{# on-run-start of a build: what the look-ups of a source name is there. #}
{% macro check_lookups(of_source, meta) %}
    {% set file, lookups = of_source ~ '.yaml: lookup: ', mapped_lookups(of_source) %}
    {% set own = meta.get('columns', {}) %}
    {% if lookups and meta.get('kind') == 'state' %}
        {% do exceptions.raise_compiler_error(file ~ of_source ~ ' is a source of states, and only events and orders look columns up') %}
    {% elif lookups and of_source != 'orders' and 'source_lookups(' not in graph.nodes['model.raw_to_ready.' ~ of_source].raw_code %}
        {% do exceptions.raise_compiler_error(
            file ~ of_source ~ ".sql has to be {{ source_lookups('" ~ lookups.values() | map(attribute='from') | unique | sort | join("', '")
            ~ "') }}, and beside it " ~ of_source ~ '_in_files.sql {{ source_events() }}'
        ) %}
    {% endif %}
    {% for name, entry in lookups.items() %}
        {% set looked_up = node_meta(entry.from ~ '_mapped') if entry.from in further_sources() else none %}
        {% if looked_up is none or looked_up.get('kind') != 'state' %}
            {% do exceptions.raise_compiler_error(file ~ name ~ ': there is no source of states ' ~ entry.from) %}
        {% elif name in own or (of_source == 'orders' and name in canonical_columns() + optional_columns()) %}
            {% do exceptions.raise_compiler_error(file ~ name ~ ' is a column of the files already: give the look-up another name') %}
        {% elif entry.key not in own %}
            {% do exceptions.raise_compiler_error(file ~ name ~ ': key: ' ~ of_source ~ '.yaml maps no column ' ~ entry.key) %}
        {% elif entry.get('column', name) not in looked_up.get('columns', {}) %}
            {% do exceptions.raise_compiler_error(file ~ name ~ ': ' ~ entry.from ~ '.yaml maps no column ' ~ entry.get('column', name)) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
