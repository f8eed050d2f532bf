{# A scalar subquery: the ids of the loads that staging reads now, in order, as an array. #}
{% macro active_load_ids() %}(select {{ array_of('load_id') }} from {{ loads_of_orders() }} as loads){% endmacro %}

{# For a hook: the same of a source. #}
{% macro active_load_ids_of(of_source) -%}
    {%- set before = work_as_model(of_source ~ '_parsed') -%}
    {%- set ids = active_load_ids() -%}
    {%- do work_as(before) -%}
    {{ return(ids) }}
{%- endmacro %}

{# The same of the loads that the training set was made of, as they were read once, when they were staged; of those active where
   that is not known, as of a deferred build. And those of the sources that a feature set is made of. #}
{% macro recorded_load_ids(feature_set='customer_features') -%}
    {%- set of_orders = 'coalesce(' ~ loads_in('model.raw_to_ready.customer_training_set') ~ ', ' ~ active_load_ids() ~ ')' -%}
    {%- set sources = sources_above(feature_set) -%}
    {%- if not sources -%}
    {{ return(of_orders) }}
    {%- endif -%}
    array(
        select unnest({{ of_orders }}) as load_id
        {%- for name in sources %}
        union
        select unnest({{ loads_in('model.raw_to_ready.' ~ name) }})
        {%- endfor %}
        order by load_id
    )
{%- endmacro %}

{% macro loads_in(node_id) -%}
    (select load_ids from {{ source('meta', 'model_definitions') }} where node_id = '{{ node_id }}')
{%- endmacro %}

{% macro recorded_loads_json(feature_set='customer_features') -%}
    (
        select coalesce(
            jsonb_agg(
                jsonb_build_object('load_id', load_id, 'file_name', file_name, 'file_sha256', file_sha256)
                order by load_id
            ),
            '[]'
        )
        from {{ source('raw', 'loads') }}
        where load_id = any({{ recorded_load_ids(feature_set) }})
    )
{%- endmacro %}

