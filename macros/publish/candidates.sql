{# The name under which a published table is built and tested, before it takes over. #}
{% macro candidate_name(identifier) %}{% do return(identifier ~ '__candidate') %}{% endmacro %}

{% macro candidate_relation(relation) %}
    {% do return(relation.incorporate(path={'identifier': raw_to_ready.candidate_name(relation.identifier)})) %}
{% endmacro %}

{# The name a candidate has once it is published. #}
{% macro published_name(relation) %}
    {% do return(relation.incorporate(path={'identifier': relation.identifier | replace(candidate_name(''), '')})) %}
{% endmacro %}

{# The candidate that a relation has now, if any. #}
{% macro current_candidate(relation) %}
    {% if relation.schema == (raw_to_ready.generate_schema_name('feats', none) | trim) %}
        {% do return(load_cached_relation(raw_to_ready.candidate_relation(relation))) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# The published models that have a candidate now, as graph nodes. #}
{% macro models_with_candidate() %}
    {% set nodes = [] %}
    {% for node in graph.nodes.values() if node.config.materialized == 'published' and current_candidate(node_relation(node)) %}
        {% do nodes.append(node) %}
    {% endfor %}
    {% do return(nodes) %}
{% endmacro %}

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

{# A table or function of a build that has its name from a table's: NAME__WHAT. #}
{% macro beside(relation, what) %}
    {% do return(relation.incorporate(path={'identifier': relation.identifier ~ '__' ~ what}, type='table')) %}
{% endmacro %}

{# What create_changes and show_candidate make beside a candidate. #}
{% macro change_tables(final) %}
    {% do return([removed_rows(final), removed_places(final), added_rows(final)]) %}
{% endmacro %}

{% macro drop_change_tables(final) %}drop table if exists {{ change_tables(final) | join(', ') }}{% endmacro %}
