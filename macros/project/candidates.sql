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

{# A table or function of a build that has its name from a table's: NAME__WHAT. #}
{% macro beside(relation, what) %}
    {% do return(relation.incorporate(path={'identifier': relation.identifier ~ '__' ~ what}, type='table')) %}
{% endmacro %}

{# What create_changes and show_candidate make beside a candidate. #}
{% macro change_tables(final) %}
    {% do return([removed_rows(final), removed_places(final), added_rows(final)]) %}
{% endmacro %}

{% macro drop_change_tables(final) %}drop table if exists {{ change_tables(final) | join(', ') }}{% endmacro %}

{# The table of a published model: its candidate while there is one. #}
{% macro newest_relation(model_name) %}
    {% set final = relation_named(model_name) %}
    {% do return(current_candidate(final) or final) %}
{% endmacro %}

{# That table's name; with --defer the other environment's where this one has none. #}
{% macro newest_relation_of(model_name) %}
    {% do return(current_candidate(relation_named(model_name)) or relation_of(model_name)) %}
{% endmacro %}

{% macro added_rows(published) %}{% do return(beside(published, 'added')) %}{% endmacro %}

{% macro removed_rows(published) %}{% do return(beside(published, 'removed')) %}{% endmacro %}

{# The places (ctid) of the removed rows, in a table of their own: it is so narrow that a join hashes it and not the published rows. #}
{% macro removed_places(published) %}{% do return(beside(published, 'removed_places')) %}{% endmacro %}
