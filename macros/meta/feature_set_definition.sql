{# The whole definition of a feature set, as its registry row holds it:
   {config, config_hash, sql_hash, lineage, sql_texts}.
   config: what configs/features.yaml says of features, label and splits, and the mapping of configs/orders.yaml,
   which counts through the SQL it compiles to. sql_hash: the compiled SQL of the feature model, and everything
   upstream of it, as each table was built; the label's and the training set's own code. lineage: every upstream
   node with its checksum. sql_texts: the SQL that no other post-hook keeps. #}
{% macro feature_set_definition() %}
    {% set hashed_config = {
        'features': node_meta('customer_features'),
        'label': node_meta('customer_labels'),
        'splits': node_meta('customer_training_set').get('splits', {}),
    } %}
    {% set config = {'orders': node_meta('orders_mapped')} %}
    {% do config.update(hashed_config) %}
    {% set recorded = {} %}
    {% for row in run_query('select node_id, sql_hash from ' ~ source('meta', 'model_definitions')) %}
        {% do recorded.update({row[0]: row[1]}) %}
    {% endfor %}
    {% set hashes = [['self', local_md5(normalized_sql(model.compiled_code))]] %}
    {% set models = [{'node': model.unique_id, 'sql_hash': hashes[0][1]}] %}
    {% set nodes = [] %}
    {% set sql_texts = [] %}
    {% for node in upstream_nodes(model) %}
        {% set sql_hash = recorded.get(node.unique_id, none if node.config.materialized == 'ephemeral' else node.checksum.checksum) %}
        {% do nodes.append({
            'node': node.unique_id, 'type': node.resource_type, 'checksum': node.checksum.checksum, 'sql_hash': sql_hash,
        }) %}
        {#- An ephemeral model's SQL is part of what is compiled below it. -#}
        {% if sql_hash is not none %}
            {% do hashes.append([node.name, sql_hash]) %}
        {% endif %}
    {% endfor %}
    {% for name in ['customer_labels', 'customer_training_set'] %}
        {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] %}
        {% do hashes.append([name, local_md5(normalized_sql(node.raw_code))]) %}
        {% do models.append({'node': node.unique_id, 'sql_hash': hashes[-1][1]}) %}
        {% do sql_texts.append(node.raw_code) %}
    {% endfor %}
    {% do return({
        'config': tojson(config),
        'config_hash': local_md5(tojson(hashed_config, sort_keys=true)),
        'sql_hash': local_md5(tojson(hashes)),
        'lineage': {'nodes': nodes, 'models': models},
        'sql_texts': sql_texts,
    }) %}
{% endmacro %}
