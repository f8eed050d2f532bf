{# Statements that build what a candidate differs in from the published table, without copying a row that stays:
   NAME__removed has the rows that the changes between two states may have moved, NAME__added those that take their place.
   kept_by says which rows these are: feature, label, row for those of which one of the tables joined has changed, source, or join. #}
{% macro create_changes(kept_by, published, sql, earlier, state) -%}
    {%- set removed = removed_rows(published) -%}
    {%- set added = added_rows(published) -%}
    {{ drop_change_tables(published) }};
    {#- Few rows come of a scan of many: nothing to sort, and little to hand over from parallel workers. #}
    set local enable_mergejoin = off;
    {{ parallel_scan_settings() }};
    {%- if kept_by == 'row' %}
    {{ plan_changed_parts(published) }}
    {%- elif kept_by == 'join' %}
    {{ plan('rows_due', rows_changed_in(tables_made_of())) }}
    {%- else %}
    {{ plan_changed_customers(earlier, state) }}
    {{ plan_changed_times(kept_by, earlier, state) if kept_by != 'source' }}
    {%- endif %}

    create table {{ removed }} as
    select kept.ctid as row_id, kept.*
    from {{ published }} as kept
    {%- if kept_by == 'row' %}
    where (kept.customer_id, kept.feature_time) in (
        select customer_id, feature_time from {{ removed_rows(relation_named('customer_labels')) }}
    );
    {%- elif kept_by == 'join' %}
    where (kept.customer_id, kept.feature_time) in (select customer_id, feature_time from {{ plan_relation('rows_due') }});
    {%- elif kept_by == 'source' %}
    left join {{ plan_relation('customers_due') }} as customers_due on kept.customer_id = customers_due.customer_id
    left join ({{ rows_left('customer_features') }}) as gone on kept.customer_id = gone.customer_id and kept.feature_time = gone.feature_time
    where kept.feature_time >= customers_due.first_change_ts or gone.customer_id is not null;
    {{ plan('rows_due', rows_of_source(removed)) }}
    {%- else %}
    left join {{ source('plan', 'customers_due') }} as customers_due on kept.customer_id = customers_due.customer_id
    where {{ row_is_due(kept_by, 'kept.feature_time') }};
    {%- endif %}
    {%- if kept_by == 'label' %}
    {{ plan_changed_rows(removed) }}
    {%- endif %}

    {{ build_in_part() }}
    create table {{ added }} as
    {{ sql }}
{%- endmacro %}

{# The candidate is the published table without the former and with the latter; apply_candidate makes it so. A statement apart,
   so that dbt reports how many rows were added. #}
{% macro show_candidate(candidate, published) -%}
    create table {{ removed_places(published) }} as select row_id from {{ removed_rows(published) }};
    analyze {{ removed_rows(published) }} (customer_id, feature_time), {{ added_rows(published) }} (customer_id, feature_time);
    analyze {{ removed_places(published) }};

    {{ create_candidate_view(published) }};
    {%- if kept_setting('kept_by') == 'row' %}
    {{ create_candidate_view(relation_named('customer_features')) }};
    {{ create_candidate_view(relation_named('customer_labels')) }};
    drop table {{ rows_due_of(relation_named('customer_features')) }};
    {%- endif %}
{%- endmacro %}

{% macro create_candidate_view(published) -%}
    create or replace view {{ candidate_relation(published) }} as
    select * from {{ published }} as kept
    where not exists (select from {{ removed_places(published) }} as removed where removed.row_id = kept.ctid)
    union all
    select * from {{ added_rows(published) }}
{%- endmacro %}

{# The feature times that came or went, and for labels those whose label became known or unknown. #}
{% macro plan_changed_times(kept_by, earlier, state) -%}
    {%- set times_before = relation_named('feature_times') -%}
    {%- set times = newest_relation('feature_times') -%}
    {%- set changed -%}
    (select feature_time from {{ times }} except select feature_time from {{ times_before }})
    union
    (select feature_time from {{ times_before }} except select feature_time from {{ times }})
    {%- if kept_by == 'label' %}
    -- Where the data reach now and did not before, or the other way round.
    {%- for horizon in label_definitions() | map(attribute='horizon') | unique %}
    union
    select feature_time from {{ times }}
    where
        feature_time + {{ days(horizon) }} > least(cast('{{ earlier.data_end }}' as timestamptz), '{{ state.data_end }}')
        and feature_time + {{ days(horizon) }} <= greatest(cast('{{ earlier.data_end }}' as timestamptz), '{{ state.data_end }}')
    {%- endfor %}
    {%- endif %}
    {%- endset -%}
    {{ plan('times_due', changed) }}
{%- endmacro %}

{# The rows whose label is built again: those that lose it while their features stay, and all that features are added for. #}
{% macro plan_changed_rows(removed_labels) -%}
    {%- set features = relation_named('customer_features') -%}
    {%- set changed -%}
    select customer_id, feature_time from {{ removed_labels }} as removed
    where not exists (
        select from {{ removed_rows(features) }} as gone
        where gone.customer_id = removed.customer_id and gone.feature_time = removed.feature_time
    )
    union all
    select customer_id, feature_time from {{ added_rows(features) }}
    {%- endset -%}
    {{ plan('rows_due', changed) }}
{%- endmacro %}

{# What rows of a training set are joined again: the labels added, which are those of all rows that have moved, since a label
   looks at more orders than the features of its row; the features of these; and the boundaries of the splits as they were.
   Both candidates are views that nobody but this build reads: in this transaction they show the rows due, see show_candidate. #}
{% macro plan_changed_parts(published) -%}
    {%- set features = relation_named('customer_features') -%}
    {%- set labels = relation_named('customer_labels') -%}
    {%- set due = rows_due_of(features) -%}
    {{ plan('boundaries_due', recorded_boundaries(published)) }}
    create unlogged table {{ due }} as
    select * from {{ rows_of_keys(features, added_rows(labels)) }};
    analyze {{ due }} (customer_id, feature_time);
    {{ with_all_locks(
        'create or replace view ' ~ candidate_relation(features) ~ ' as select * from ' ~ due
        ~ '; create or replace view ' ~ candidate_relation(labels) ~ ' as select * from ' ~ added_rows(labels)
    ) }}
{%- endmacro %}

{# The rows of a source's features that are built again: those removed of which the spine still has the key, and its new keys. #}
{% macro rows_of_source(removed) -%}
    (select customer_id, feature_time from {{ removed }} except ({{ rows_left('customer_features') }}))
    union all
    ({{ changed_keys('customer_features', 'added') }} except {{ changed_keys('customer_features', 'removed') }})
{%- endmacro %}

{# The keys that a candidate removes and does not add again. #}
{% macro rows_left(name) -%}
    {{ changed_keys(name, 'removed') }} except {{ changed_keys(name, 'added') }}
{%- endmacro %}

{# The keys of the rows that the candidates of these tables remove or add. #}
{% macro rows_changed_in(names) -%}
    {%- for name in names %}
    {{ changed_keys(name, 'removed') }} union {{ changed_keys(name, 'added') }}
    {{- ' union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# What a candidate has removed, or added; nothing where the table is not built in this run. #}
{% macro changed_keys(name, what) -%}
    {%- set final = relation_named(name) -%}
    select customer_id, feature_time from {{ beside(final, what) if current_candidate(final) else final ~ ' where false' }}
{%- endmacro %}

{% macro rows_due_of(published) %}{% do return(beside(published, 'due')) %}{% endmacro %}

{# Whether a row of features or labels may have moved, beside its customer's row of customers_due. #}
{% macro row_is_due(kept_by, feature_time) -%}
    coalesce(
        {{ feature_time }} {{ '+ ' ~ days(label_horizon()) ~ ' >' if kept_by == 'label' else '>=' }} customers_due.first_change_ts, false
    )
    or {{ feature_time }} in (select feature_time from {{ source('plan', 'times_due') }})
{%- endmacro %}
