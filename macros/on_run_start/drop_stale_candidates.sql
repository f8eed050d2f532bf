{# on-run-start of a build: drops the candidates that an earlier run left for inspection, so that this one does not read them. #}
{% macro drop_stale_candidates() %}
    {% if execute and flags.WHICH in ['build', 'run'] %}
        {% set nodes = models_with_candidate() %}
        {% if nodes %}
            {% do forget_model_definitions(nodes) %}
        {% endif %}
        {% for node in nodes %}
            {% do adapter.drop_relation(current_candidate(node_relation(node))) %}
            {% for table in change_tables(node_relation(node)) %}
                {% do drop_relation_if_exists(load_cached_relation(table)) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
