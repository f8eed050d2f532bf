{# The feature sets that these nodes make, as builds to record: customer_features with its training set, and those of one's
   own. A deferred build (slim CI) reads the rest of a set from another schema: it is no version of its own. #}
{% macro feature_set_builds(nodes) %}
    {% set builds = [] %}
    {% set built = nodes | map(attribute='name') | list %}
    {% for name in ['customer_features', 'customer_labels', 'customer_training_set'] if not load_cached_relation(newest_relation(name)) %}
        {% do return([]) %}
    {% endfor %}
    {% if 'customer_training_set' in built %}
        {% do builds.append(feature_set_build('customer_features')) %}
    {% endif %}
    {% for name in own_feature_sets() if (name in built or 'customer_training_set' in built) and load_cached_relation(newest_relation(name)) %}
        {% do builds.append(feature_set_build(name)) %}
    {% endfor %}
    {% do return(builds) %}
{% endmacro %}

{# The models that are a feature set of their own: those with `meta: {ready_feature_set: true}`. #}
{% macro own_feature_sets() %}
    {% set names = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and own_meta(node).get('feature_set') %}
        {% do names.append(node.name) %}
    {% endfor %}
    {% do return(names | sort) %}
{% endmacro %}

{# A view of one's own features with the labels and split of customer_training_set, under the name that `ready export` and
   load_dataset look for: X_features gives X_training_set. A model of that name takes its place. #}
{% macro create_own_training_set(build) -%}
    {%- set name = modules.re.sub('_features$', '', build.feature_set) ~ '_training_set' -%}
    {%- if 'model.raw_to_ready.' ~ name not in graph.nodes -%}
    {{ show_training_set(build.features.incorporate(path={'identifier': name}, type='view'), own_training_set(build)) }}
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{# A select of a feature set of one's own with labels and split. #}
{% macro own_training_set(build) -%}
    select features.*, {% for label in label_columns() %}training_set.{{ label }}, {% endfor %}training_set.split
    from {{ published_name(build.features) }} as features
    left join {{ published_name(build.training_set) }} as training_set using (customer_id, feature_time)
{%- endmacro %}

{# Lets a view show what a query gives. #}
{% macro show_training_set(view, query) %}{{ return(adapter.dispatch('show_training_set')(view, query)) }}{% endmacro %}

{% macro postgres__show_training_set(view, query) -%}
    drop view if exists {{ view }};
    create view {{ view }} as
    {{ query }}
{%- endmacro %}
