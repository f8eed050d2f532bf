{# Part of publishing a feature set: the fingerprint of the labels that go with this build of the features. Kept for
   every build, for ever, so that a build can be proven to come out the same again. #}
{% macro record_label_summary(build) -%}
    {%- set columns = typed_columns(adapter.get_columns_in_relation(build.labels)) -%}
    {%- set content = run_query(
        'select count(*), count(' ~ adapter.quote(label_column()) ~ '), ' ~ content_hash(columns) ~ ' from ' ~ build.labels
    ).rows[0] -%}
    insert into {{ source('meta', 'dataset_label_summary') }} (
        feature_set, feature_version, data_hash, labels_hash, row_count, labelled_count
    )
    values (
        {{ quote_literal(build.feature_set) }}, {{ build.version }}, '{{ build.data_hash }}', '{{ content[2] }}',
        {{ content[0] }}, {{ content[1] }}
    )
    on conflict do nothing;
{%- endmacro %}
