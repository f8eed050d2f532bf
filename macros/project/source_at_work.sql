{# The source that the node at work is of: NAME of the models NAME_mapped, NAME_parsed, NAME_rejected, NAME_in_files, NAME and
   NAME_features, and of the tests on them; `orders` of all other nodes, and where there is no graph to ask. #}
{% macro source_at_work() %}
    {% set node = model or {} %}
    {% set name = source_of_name((node.get('attached_node') or node.get('name') or '').split('.')[-1]) %}
    {% set mapped = graph.nodes.get('model.raw_to_ready.' ~ name ~ '_mapped') if execute and 'nodes' in graph else none %}
    {% do return(name if mapped and maps_a_source(mapped) else 'orders') %}
{% endmacro %}

{# Lets `model` be another node, so that macros called from now on ask as that one does. Returns what it was, to go back to. #}
{% macro work_as(node) %}
    {% set before = context.model %}
    {% do context.update({'model': node}) %}
    {% do return(before) %}
{% endmacro %}

{# For a hook of a run, in which `model` is the hook: the same, by another name. #}
{% macro work_as_model(name) %}{% do return(work_as(dict(context.model, name=name))) %}{% endmacro %}

{# Whether a model NAME_mapped is the one of a source: another model may be called so. #}
{% macro maps_a_source(node) %}{% do return('source_mapped(' in node.raw_code) %}{% endmacro %}

{# Whether a model is one call of a macro of this project and nothing else, but for comments and configs: then its rows are known to be
   those of that macro. #}
{% macro is_one_call(node, names) %}
    {% set aside = '(?s:\\{#.*?#\\})|--[^\\n]*|\\{\\{-?\\s*config[(][^{}]*[)]\\s*-?\\}\\}' %}
    {% set alone = modules.re.sub(aside, '', node.raw_code) | trim %}
    {% do return(modules.re.fullmatch('\\{\\{-?\\s*(' ~ names | join('|') ~ ')[(][^{}]*[)]\\s*-?\\}\\}', alone) is not none) %}
{% endmacro %}

{% macro source_of_name(name) %}{% do return(modules.re.sub('_(mapped|parsed|rejected|in_files|features)$', '', name)) %}{% endmacro %}

{# The sources beside the orders: those with a model NAME_mapped of this project's macro. #}
{% macro further_sources() %}
    {% set names = [] %}
    {% for node in (graph.nodes.values() if execute and 'nodes' in graph else []) if node.resource_type == 'model' and node.package_name == 'raw_to_ready' and node.name.endswith('_mapped') and maps_a_source(node) %}
        {% do names.append(source_of_name(node.name)) %}
    {% endfor %}
    {% do return(names | sort) %}
{% endmacro %}

{# Whether a feature set is that of a source, by this project's macro. #}
{% macro is_of_source(feature_set) %}
    {% set node = graph.nodes.get('model.raw_to_ready.' ~ feature_set) %}
    {% do return(node is not none and 'source_features(' in node.raw_code and source_of_name(feature_set) in further_sources()) %}
{% endmacro %}

{# Those of them that a feature set is made of. #}
{% macro sources_above(feature_set) %}{% do return(sources_of([graph.nodes['model.raw_to_ready.' ~ feature_set]])) %}{% endmacro %}

{# Those of them that these nodes are made of. #}
{% macro sources_of(nodes) %}
    {% set above = [] %}
    {% for node in (nodes if further_sources() else []) %}
        {% do above.extend(upstream_nodes(node) | map(attribute='name')) %}
    {% endfor %}
    {% do return(further_sources() | select('in', above) | list) %}
{% endmacro %}

{# event, one row an event; or state, one row a customer, or another key, and state. #}
{% macro source_kind() %}
    {% set kind = node_meta(source_at_work() ~ '_mapped').get('kind', 'event') %}
    {% do require_one_of(source_at_work() ~ '.yaml: kind', kind, ['event', 'state']) %}
    {% do return(kind) %}
{% endmacro %}

{# The column that says whose the rows of the source at work are: of states the mapping may name another than the customer. #}
{% macro key_of_source() %}
    {% set of_states = source_at_work() != 'orders' and source_kind() == 'state' %}
    {% do return(node_meta(source_at_work() ~ '_mapped').get('key', 'customer_id') if of_states else 'customer_id') %}
{% endmacro %}

{# Whether the events of a source, that at work by default, or the orders look columns up. Then a new state of what they name may
   move any of them. #}
{% macro has_lookups(of_source=none) %}{% do return(mapped_lookups(of_source or source_at_work()) != {}) %}{% endmacro %}

{# The look-ups of a source of events, or of the orders, as its file has them: name -> {from, key, column}. #}
{% macro mapped_lookups(of_source) %}
    {% do return(node_meta('order_lookups' if of_source == 'orders' else of_source ~ '_mapped').get('lookup') or {}) %}
{% endmacro %}

{# The file that maps the source at work. #}
{% macro mapping_file() %}{{ return(source_at_work() ~ '.yaml') }}{% endmacro %}
