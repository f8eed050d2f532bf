{# Part of publishing a feature set: the fingerprint of the labels that go with this build of the features. Kept for
   every build, for ever, so that a build can be proven to come out the same again. #}
{% macro record_label_summary(build) -%}
    {%- set content = labels_content(build) -%}
    insert into {{ source('meta', 'dataset_label_summary') }} (
        feature_set, feature_version, data_hash, labels_hash, row_count, labelled_count
    )
    values (
        {{ quote_literal(build.feature_set) }}, {{ build.version }}, '{{ build.data_hash }}', '{{ content[2] }}',
        {{ content[0] }}, {{ content[1] }}
    )
    on conflict do nothing;
{%- endmacro %}

{# Rows, known labels and content hash of the labels of a build. #}
{% macro labels_content(build) %}
    {% set label = adapter.quote(label_column()) %}
    {% set columns = typed_columns(adapter.get_columns_in_relation(build.labels)) %}
    {% do return(run_query(
        'select count(*), count(' ~ label ~ '), ' ~ content_hash() ~ ' from ' ~ hashed_rows(build.labels, columns, kept=[label])
    ).rows[0]) %}
{% endmacro %}
