{# The whole definition of a feature set, as its registry row holds it: {config, config_hash, sql_hash, lineage}.
   config: what configs/features.yaml says of features, label and splits; not hashed, the mapping of orders.yaml,
   which counts through the SQL it compiles to, and the configs folder. sql_hash: the compiled SQL of the feature model, of
   everything upstream of it, of the label and of the training set, as each table was built. lineage: every upstream node with
   its checksum (nodes), and the models of the feature set itself (models). #}
{% macro feature_set_definition(feature_set) %}
    {% set hashed_config = {
        'features': node_meta(feature_set),
        'label': node_meta('customer_labels'),
        'splits': node_meta('customer_training_set').get('splits', {}),
    } %}
    {% set config = {'configs': env_var('READY_CONFIGS', 'configs'), 'orders': node_meta('orders_mapped')} %}
    {% if has_lookups('orders') %}
        {% do config.orders.update({'lookup': mapped_lookups('orders')}) %}
    {% endif %}
    {% do config.update(hashed_config) %}
    {#- What its columns mean, and where they come from; it counts through the SQL upstream. -#}
    {% set sources, of_sources, columns = sources_above(feature_set), {}, {} %}
    {% set made_of = upstream_nodes(graph.nodes['model.raw_to_ready.' ~ feature_set]) | map(attribute='name') | list + [feature_set] %}
    {% for name in sources %}
        {% do of_sources.update({name: node_meta(name ~ '_mapped')}) %}
        {% do columns.update({name ~ '_features': node_meta(name ~ '_features')} if name ~ '_features' in made_of else {}) %}
    {% endfor %}
    {% if sources %}
        {% do config.update({'sources': of_sources, 'source_features': columns}) %}
    {% endif %}
    {% if sources or 'customer_features' in node_meta(feature_set).get('joined', []) %}
        {% do config.update({'customer_features': node_meta('customer_features')}) %}
    {% endif %}
    {% set recorded = recorded_sql_hashes() %}
    {% set hashes = [] %}
    {% set models = [] %}
    {% for name in [feature_set, 'customer_labels', 'customer_training_set'] %}
        {% set node_id = 'model.raw_to_ready.' ~ name %}
        {% do hashes.append([name, recorded.get(node_id)]) %}
        {% do models.append({'node': node_id, 'sql_hash': recorded.get(node_id)}) %}
    {% endfor %}
    {% set nodes = [] %}
    {% for node in upstream_nodes(graph.nodes['model.raw_to_ready.' ~ feature_set]) %}
        {% set sql_hash = built_sql_hash(node, recorded) %}
        {% do nodes.append({
            'node': node.unique_id, 'type': node.resource_type, 'checksum': node.checksum.checksum, 'sql_hash': sql_hash,
        }) %}
        {#- An ephemeral model's SQL is part of what is compiled below it. -#}
        {% if sql_hash is not none %}
            {% do hashes.append([node.name, sql_hash]) %}
        {% endif %}
    {% endfor %}
    {% do return({
        'config': tojson(config),
        'config_hash': local_md5(tojson(hashed_config, sort_keys=true)),
        'sql_hash': local_md5(tojson(hashes)),
        'lineage': {'nodes': nodes, 'models': models},
    }) %}
{% endmacro %}
