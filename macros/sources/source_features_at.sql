{# For a hook: the query of a source's features at any instants, see features_at_query. #}
{% macro source_features_at(name) -%}
    {%- set before = work_as_model(name ~ '_features') -%}
    {%- set query = features_of_source_at(relation_read(name).include(database=false)) -%}
    {%- do work_as(before) -%}
    {{ return(query) }}
{%- endmacro %}

{# For a hook: the columns that its features have, in their order. #}
{% macro source_columns(name) %}
    {%- set before = work_as_model(name ~ '_features') -%}
    {%- set names = columns_of_source_at_work() -%}
    {%- do work_as(before) -%}
    {% do return(names) %}
{% endmacro %}

{% macro features_of_source_at(rows) %}{{ return(adapter.dispatch('features_of_source_at')(rows)) }}{% endmacro %}

{% macro postgres__features_of_source_at(rows) -%}
    {%- if source_kind() == 'state' -%}
    select {{ columns_of_source_at_work() | join(', ') }}
    from (
        {{ features_of_states(node_meta(model.name).latest, 'spine', rows_of_spine(rows), ['ordinal']) }}
    ) as numbered
    order by ordinal
    {%- else -%}
    with numbered as (
        select ordinal, customer_id, feature_time from spine
        {#- Neighbours in the index one after the other. #}
        order by customer_id, feature_time
    )

    {{ point_in_time_features(feature_definition(model.name), 'numbered', [], every_row=true, purchases=rows) }}
    order by numbered.ordinal
    {%- endif -%}
{%- endmacro %}

{% macro spark__features_of_source_at(rows) -%}
    {%- if source_kind() == 'state' -%}
    {{ features_of_states(node_meta(model.name).latest, 'spine', rows_of_spine(rows), ['ordinal']) }}
    {%- else -%}
    {{ point_in_time_features(feature_definition(model.name), 'spine', ['ordinal'], every_row=true, purchases=rows) }}
    {%- endif -%}
{%- endmacro %}

{# Of few customers the states of all the others are not looked at. #}
{% macro rows_of_spine(rows) -%}
    (select * from {{ rows }} where customer_id in (select customer_id from spine)) as asked
{%- endmacro %}

{% macro columns_of_source_at_work() %}
    {% if source_kind() == 'event' %}
        {% do return(feature_names(feature_definition(model.name))) %}
    {% endif %}
    {% set names = [] %}
    {% for column in node_meta(model.name).latest %}
        {% do names.extend([column, column ~ '_age_days', column ~ '_changes']) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}
