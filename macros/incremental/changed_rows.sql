{# Statements that build a candidate from the published table: rows that the changes between two states cannot have moved
   are copied, the others computed anew. kept_by feature or label says which these are. #}
{% macro create_candidate_from_published(kept_by, candidate, published, sql, held, state) -%}
    {{ return(adapter.dispatch('create_candidate_from_published')(kept_by, candidate, published, sql, held, state)) }}
{%- endmacro %}

{% macro postgres__create_candidate_from_published(kept_by, candidate, published, sql, held, state) -%}
    {%- set times_before = relation_named('feature_times') -%}
    {%- set times = newest_relation('feature_times') -%}
    {{ create_changed_customers(held, state) }}

    create temporary table changed_times on commit drop as
    (select feature_time from {{ times }} except select feature_time from {{ times_before }})
    union all
    (select feature_time from {{ times_before }} except select feature_time from {{ times }})
    {%- if kept_by == 'label' %}
    {%- set horizon = days(label_horizon()) %}
    union
    -- Where the data reach now and did not before, or the other way round, labels become known or unknown.
    select feature_time from {{ times }}
    where
        feature_time + {{ horizon }} > least(cast('{{ held.data_end }}' as timestamptz), '{{ state.data_end }}')
        and feature_time + {{ horizon }} <= greatest(cast('{{ held.data_end }}' as timestamptz), '{{ state.data_end }}')
    {%- endif %};
    analyze changed_times;

    create table {{ candidate }} as
    select kept.*
    from {{ published }} as kept
    left join changed_customers as changed on kept.customer_id = changed.customer_id
    where not ({{ row_has_changed(kept_by, 'kept.feature_time') }})
    union all
    select * from (
        {{ uncovered(sql) }}
    ) as anew
{%- endmacro %}

{# Whether a row of features or labels may have moved; of a customer left joined as `changed`. #}
{% macro row_has_changed(kept_by, feature_time) -%}
    coalesce(
        {{ feature_time }} {{ '+ ' ~ days(label_horizon()) ~ ' >' if kept_by == 'label' else '>=' }} changed.since, false
    )
    or {{ feature_time }} in (select feature_time from changed_times)
{%- endmacro %}

{# The same as a condition of a model's spine, for only_changed. #}
{% macro only_changed_rows(kept_by, customer_id, feature_time) -%}
    {{ return(only_changed(
        'join changed_customers as changed on changed.customer_id = ' ~ customer_id
        ~ ' where (' ~ row_has_changed(kept_by, feature_time) ~ ')', word='left'
    )) }}
{%- endmacro %}
