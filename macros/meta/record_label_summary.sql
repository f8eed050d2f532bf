{# Post-hook of customer_labels: the fingerprint of the labels that go with the current build of the features.
   Kept for every build, for ever, so that a build can be proven to come out the same again. #}
{% macro record_label_summary() -%}
    {%- if execute -%}
    {%- set columns = typed_columns(adapter.get_columns_in_relation(this)) -%}
    {#- Read on its own: a statement that also writes would not be run in parallel. -#}
    {%- set content = run_query(
        'select count(*), count(' ~ adapter.quote(label_column()) ~ '), ' ~ content_hash(columns) ~ ' from ' ~ this
    ).rows[0] -%}
    insert into {{ source('meta', 'dataset_label_summary') }} (
        feature_set, feature_version, data_hash, labels_hash, row_count, labelled_count
    )
    select feature_set, feature_version, data_hash, '{{ content[2] }}', {{ content[0] }}, {{ content[1] }}
    from {{ source('meta', 'current_versions') }}
    where feature_set = 'customer_features'
    on conflict do nothing
    {%- endif -%}
{%- endmacro %}
