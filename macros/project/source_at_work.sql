{# The source that the node at work is of: NAME of the models NAME_mapped, NAME_parsed, NAME_rejected, NAME and NAME_features, and
   of the tests on them; `orders` of all other nodes, and where there is no graph to ask. #}
{% macro source_at_work() %}
    {% set node = model or {} %}
    {% set name = source_of_name((node.get('attached_node') or node.get('name') or '').split('.')[-1]) %}
    {% set mapped = graph.nodes.get('model.raw_to_ready.' ~ name ~ '_mapped') if execute and 'nodes' in graph else none %}
    {% do return(name if mapped and maps_a_source(mapped) else 'orders') %}
{% endmacro %}

{# Whether a model NAME_mapped is the one of a source: another model may be called so. #}
{% macro maps_a_source(node) %}{% do return('source_mapped(' in node.raw_code) %}{% endmacro %}

{# Whether a model is one call of a macro of this project and nothing else, but for comments and configs: then its rows are known to be
   those of that macro. #}
{% macro is_one_call(node, names) %}
    {% set aside = '(?s:\\{#.*?#\\})|--[^\\n]*|\\{\\{-?\\s*config[(][^{}]*[)]\\s*-?\\}\\}' %}
    {% set alone = modules.re.sub(aside, '', node.raw_code) | trim %}
    {% do return(modules.re.fullmatch('\\{\\{-?\\s*(' ~ names | join('|') ~ ')[(][^{}]*[)]\\s*-?\\}\\}', alone) is not none) %}
{% endmacro %}

{% macro source_of_name(name) %}{% do return(modules.re.sub('_(mapped|parsed|rejected|features)$', '', name)) %}{% endmacro %}

{# The sources beside the orders: those with a model NAME_mapped of this project's macro. #}
{% macro further_sources() %}
    {% set names = [] %}
    {% for node in (graph.nodes.values() if execute and 'nodes' in graph else []) if node.resource_type == 'model' and node.package_name == 'raw_to_ready' and node.name.endswith('_mapped') and maps_a_source(node) %}
        {% do names.append(source_of_name(node.name)) %}
    {% endfor %}
    {% do return(names | sort) %}
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

{# event, one row an event; or state, one row a customer and state. #}
{% macro source_kind() %}
    {% set kind = node_meta(source_at_work() ~ '_mapped').get('kind', 'event') %}
    {% do require_one_of(source_at_work() ~ '.yaml: kind', kind, ['event', 'state']) %}
    {% do return(kind) %}
{% endmacro %}

{# The file that maps the source at work. #}
{% macro mapping_file() %}{{ return(source_at_work() ~ '.yaml') }}{% endmacro %}
