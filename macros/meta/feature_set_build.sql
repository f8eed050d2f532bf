{# What a build of a feature set is, before it is recorded: {feature_set, version, definition, columns, row_count,
   data_hash, features, labels, training_set}; the last three are the relations that hold it. The version
   is the one this definition had before, else the next number. #}
{% macro feature_set_build(feature_set) %}
    {% set definition = feature_set_definition(feature_set) %}
    {% set build = {
        'feature_set': feature_set,
        'definition': definition,
        'features': newest_relation(feature_set),
        'labels': newest_relation('customer_labels'),
        'training_set': newest_relation('customer_training_set'),
    } %}
    {% set columns = adapter.get_columns_in_relation(build.features) %}
    {% set content = content_of(build.features, columns) %}
    {% set version = run_query(definition_version(build.feature_set, definition)).rows[0][0] %}
    {% do build.update({
        'version': version, 'columns': columns, 'row_count': content[0], 'data_hash': content[1],
    }) %}
    {% do return(build) %}
{% endmacro %}

{# Rows and content hash of a table, recorded by record_contents or else counted; and how many rows have a value in `filled`. #}
{% macro content_of(relation, columns, filled='customer_id') %}
    {% do return(adapter.dispatch('content_of')(relation, columns, filled)) %}
{% endmacro %}

{# Read on their own: a statement that also writes would not be run in parallel. #}
{% macro default__content_of(relation, columns, filled) %}
    {% do return(run_query(
        'select count(*), ' ~ content_hash() ~ ', count(' ~ filled ~ ') from '
        ~ hashed_rows(relation, typed_columns(columns), kept=[filled])
    ).rows[0]) %}
{% endmacro %}

{% macro postgres__content_of(relation, columns, filled) %}
    {% for row in run_query(
        'select row_count, ' ~ hash_of_content() ~ ', filled from ' ~ recorded_contents(relation) ~ " and part = ''"
    ).rows %}
        {% do return(row) %}
    {% endfor %}
    {% do return(default__content_of(relation, columns, filled)) %}
{% endmacro %}

{% macro definition_version(feature_set, definition) -%}
    select coalesce(
        min(feature_version) filter (
            where config_hash = '{{ definition.config_hash }}' and sql_hash = '{{ definition.sql_hash }}'
        ),
        max(feature_version) + 1,
        1
    )
    from {{ source('meta', 'feature_registry') }}
    where feature_set = {{ quote_literal(feature_set) }}
{%- endmacro %}

{% macro typed_columns(columns) %}
    {% do return(zip(columns | map(attribute='quoted'), columns | map(attribute='data_type')) | list) %}
{% endmacro %}
