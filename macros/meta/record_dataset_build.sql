{# Part of publishing a feature set, beside record_feature_version: one row in meta.dataset_builds for each new set of labels, splits
   with their boundaries, and loads, which all can be others while the features stay the same. Kept for ever. #}
{% macro record_dataset_build(build) -%}
    {%- set loads = run_query('select array_to_string(' ~ recorded_load_ids(build.feature_set) ~ ", ',')").rows[0][0] -%}
    {%- set dataset = dataset_of(build, labels_content(build)[1], loads) %}
    {{ insert_of_build('dataset_builds', build, {
        'dataset_hash': quote_literal(dataset.dataset_hash),
        'labels_hash': quote_literal(dataset.labels_hash),
        'splits': json_literal(dataset.splits),
        'load_ids': recorded_load_ids(build.feature_set),
        'loads': recorded_loads_json(build.feature_set),
        'invocation_id': quote_literal(invocation_id),
    }) }}
    on conflict do nothing;
    update {{ source('meta', 'current_versions') }} set dataset_hash = '{{ dataset.dataset_hash }}'
    where feature_set = {{ quote_literal(build.feature_set) }};
{%- endmacro %}

{# What one row of meta.dataset_builds tells: {dataset_hash, labels_hash, splits}. loads: their ids, with commas; zone: what an
   engine's text of an instant lacks, so that the hash is the same on each. #}
{% macro dataset_of(build, labels_hash, loads, zone='') %}
    {% set splits = [] %}
    {% for row in build.splits.rows %}
        {% do splits.append({
            'split': row[0], 'membership_hash': row[1], 'row_count': row[2] | int, 'time_from': row[5] ~ zone, 'time_to': row[6] ~ zone,
        }) %}
    {% endfor %}
    {% set dataset_hash = local_md5(tojson([labels_hash, splits, split_definition().embargo, loads], sort_keys=true)) %}
    {% do return({'dataset_hash': dataset_hash, 'labels_hash': labels_hash, 'splits': splits}) %}
{% endmacro %}
