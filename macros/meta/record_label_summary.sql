{# Part of publishing a feature set: the fingerprint of the labels that go with this build of the features. Kept for
   every build, for ever, so that a build can be proven to come out the same again. #}
{% macro record_label_summary(build) -%}
    {%- set content = labels_content(build) -%}
    {{ insert_of_build('dataset_label_summary', build, {
        'labels_hash': quote_literal(content[1]),
        'row_count': content[0],
        'labelled_count': content[2],
    }) }}
    on conflict do nothing;
{%- endmacro %}

{# Rows, content hash and number of rows of a build with all labels known. #}
{% macro labels_content(build) %}
    {% do return(content_of(build.labels, adapter.get_columns_in_relation(build.labels), adapter.quote(last_known_label()))) %}
{% endmacro %}
