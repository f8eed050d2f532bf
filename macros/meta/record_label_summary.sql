{# Part of publishing a feature set: the fingerprint of the labels that go with this build of the features. Kept for
   every build, for ever, so that a build can be proven to come out the same again. #}
{% macro record_label_summary(build) -%}
    {%- set content = labels_content(build) -%}
    insert into {{ source('meta', 'dataset_label_summary') }} (
        feature_set, feature_version, data_hash, labels_hash, row_count, labelled_count
    )
    values (
        {{ quote_literal(build.feature_set) }}, {{ build.version }}, '{{ build.data_hash }}', '{{ content[1] }}',
        {{ content[0] }}, {{ content[2] }}
    )
    on conflict do nothing;
{%- endmacro %}

{# Rows, content hash and number of rows of a build with all labels known. #}
{% macro labels_content(build) %}
    {% do return(content_of(build.labels, adapter.get_columns_in_relation(build.labels), adapter.quote(last_known_label()))) %}
{% endmacro %}
