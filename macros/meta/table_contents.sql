{# meta.table_contents has the row count and the sums of each published table. A build that changes few rows makes its hashes,
   profiles and split summaries of these rows alone: it subtracts what was removed and adds what was added. All sums are exact
   decimals, stored without zeros at their end, which would change the scale of a division: so the result is that of a scan to
   the last digit.

   A content is a select of part, row_count, high and low (both halves of content_hash, summed), filled, total, zero, minimum
   and maximum (of the part's values). Parts: '' is the whole table; besides, the columns of a feature set and the splits of
   customer_training_set. #}

{# Before a build is published: records the contents of its candidates. Selects of their own, so that they run in parallel. #}
{% macro record_contents(nodes) %}
    {% set own = own_feature_sets() %}
    {% for node in nodes if node.name in own + ['customer_features', 'customer_labels', 'customer_training_set'] %}
        {% set final = node_relation(node) %}
        {% set candidate = current_candidate(final) %}
        {% set columns = adapter.get_columns_in_relation(candidate) %}
        {% set as_change = candidate.is_view and contents_recorded(final) %}
        {% set content -%}
            {{ changed_contents(node.name, final, columns) if as_change else contents_of(node.name, candidate, columns) }}
        {%- endset %}
        {% do run_query(store_contents(candidate, content)) %}
        {% if as_change and node.name not in ['customer_labels', 'customer_training_set'] %}
            {% do look_up_extremes(candidate, columns) %}
        {% elif node.name == 'customer_training_set' %}
            {% do run_query(place_splits(final, candidate, as_change)) %}
            {% do run_query(count_entities(final, candidate, as_change and not split_rows_gone(final))) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro contents_of(name, rows, columns) -%}
    {%- if name in ['customer_labels', 'customer_training_set'] -%}
        {{ contents_by_part(rows, name == 'customer_training_set', columns) }}
    {%- else -%}
        {{ contents_by_column(rows, columns) }}
    {%- endif -%}
{%- endmacro %}

{# Of labels as a whole; or of the membership of each split, with its first label. #}
{% macro contents_by_part(rows, by_split, columns) -%}
    {%- set number = label_as_number() -%}
    select
        {{ 'split' if by_split else "''" }} as part,
        count(*) as row_count,
        {{ hash_sums() }},
        count({{ number if by_split else last_known_label() }}) as filled,
        {{ 'coalesce(sum(' ~ number ~ '), 0)' if by_split else 'cast(null as numeric)' }} as total,
        {{ uncounted(['zero', 'minimum', 'maximum']) }}
    from {{ hashed_rows(
        rows,
        membership_columns() if by_split else typed_columns(columns),
        kept=[label_columns()[0], 'split'] if by_split else [last_known_label()],
        condition='split is not null' if by_split else 'true'
    ) }}
    {{ 'group by split' if by_split }}
{%- endmacro %}

{# Of features, without a sort. Hash and figures are scans of their own: the sums of the figures can be made in parallel, and
   those of a hash, each computed once, cannot. #}
{% macro contents_by_column(rows, columns) -%}
    {%- set profiled = profiled_columns(columns) -%}
    select part.*
    from (
        select {{ hash_sums() }}
        from {{ hashed_rows(rows, typed_columns(columns)) }}
    ) as hashed
    cross join (
        select
            count(*) as row_count
            {%- for column in profiled %},
            count({{ column.value }}) as filled_{{ column.index }}
            {%- if column.is_number %},
            coalesce(sum(cast({{ column.value }} as numeric)), 0) as total_{{ column.index }},
            count(*) filter (where {{ column.value }} = 0) as zero_{{ column.index }},
            cast(min({{ column.value }}) as numeric) as minimum_{{ column.index }},
            cast(max({{ column.value }}) as numeric) as maximum_{{ column.index }}
            {%- endif %}
            {%- endfor %}
        from {{ rows }}
    ) as counted
    cross join lateral (
        select '' as part, row_count, high, low, {{ uncounted(['filled', 'total', 'zero', 'minimum', 'maximum']) }}
        {%- for column in profiled %}
        union all
        select
            {{ quote_literal(column.name) }}, row_count, null, null, filled_{{ column.index }}
            {%- for figure in ['total', 'zero', 'minimum', 'maximum'] %},
            {{ figure ~ '_' ~ column.index if column.is_number else 'null' }}
            {%- endfor %}
        {%- endfor %}
    ) as part
{%- endmacro %}

{% macro hash_sums() -%}
    coalesce(sum({{ half_of_hash('left') }}), 0) as high,
        coalesce(sum({{ half_of_hash('right') }}), 0) as low
{%- endmacro %}

{% macro uncounted(figures) -%}
    {%- for figure in figures -%}
        cast(null as {{ 'bigint' if figure in ['filled', 'zero'] else 'numeric' }}) as {{ figure }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The content of a candidate that is a view: that of the published table, less what was removed, and what was added. An
   extreme that was removed is null, unless what was added reaches as far. #}
{% macro changed_contents(name, final, columns) -%}
    {%- set figures = ['row_count', 'high', 'low', 'filled', 'total', 'zero'] -%}
    with published as (
        select * from {{ recorded_contents(final) }}
    ),

    removed as (
        {{ contents_of(name, removed_rows(final), columns) }}
    ),

    added as (
        {{ contents_of(name, added_rows(final), columns) }}
    ),

    changed as (
        select
            part
            {%- for figure in figures %},
            case when coalesce(published.{{ figure }}, added.{{ figure }}) is not null then
                coalesce(published.{{ figure }}, 0) - coalesce(removed.{{ figure }}, 0) + coalesce(added.{{ figure }}, 0)
            end as {{ figure }}
            {%- endfor %}
            {%- for figure, further, extreme in [('minimum', '>', 'least'), ('maximum', '<', 'greatest')] %},
            case
                when removed.{{ figure }} is null or removed.{{ figure }} {{ further }} published.{{ figure }}
                    or not added.{{ figure }} {{ further }} published.{{ figure }}
                    then {{ extreme }}(published.{{ figure }}, added.{{ figure }})
            end as {{ figure }}
            {%- endfor %}
        from published
        full join removed using (part)
        full join added using (part)
    )

    select * from changed
{%- endmacro %}

{# Extremes that changed_contents does not know, by a scan of these columns. #}
{% macro look_up_extremes(candidate, columns) %}
    {% set unknown = run_query(
        'select part from ' ~ recorded_contents(candidate) ~ ' and filled > 0 and zero is not null and (minimum is null or maximum is null)'
    ).columns[0].values() %}
    {% set sought = profiled_columns(columns) | selectattr('name', 'in', unknown) | list %}
    {% if sought %}
        {% set extremes %}
            select part.*
            from (
                select
                    {%- for column in sought %}
                    min({{ column.value }}) as minimum_{{ column.index }},
                    max({{ column.value }}) as maximum_{{ column.index }}{{ ',' if not loop.last }}
                    {%- endfor %}
                from {{ candidate }}
            ) as counted
            cross join lateral (
                {%- for column in sought %}
                select {{ quote_literal(column.name) }}, minimum_{{ column.index }}, maximum_{{ column.index }}
                {{ 'union all' if not loop.last }}
                {%- endfor %}
            ) as part (part, minimum, maximum)
        {% endset %}
        {% set write %}
            update {{ source('meta', 'table_contents') }} as counted
            set minimum = trim_scale(found.minimum), maximum = trim_scale(found.maximum)
            from found
            where counted.relation = {{ quote_literal(state_key(candidate)) }} and counted.part = found.part
        {% endset %}
        {% do run_query(select_then_write(extremes, write)) %}
    {% endif %}
{% endmacro %}

{# A transaction that writes what a select has found, in the table `found`: a statement that did both would not be run in
   parallel. #}
{% macro select_then_write(select, write) -%}
    begin;
    create temporary table found on commit drop as
    {{ select }};
    {{ write }};
    commit
{%- endmacro %}

{% macro store_contents(relation, content) -%}
    {%- set write -%}
    delete from {{ source('meta', 'table_contents') }} where relation = {{ quote_literal(state_key(relation)) }};
    insert into {{ source('meta', 'table_contents') }} (
        relation, part, row_count, high, low, filled, total, zero, minimum, maximum
    )
    select
        {{ quote_literal(state_key(relation)) }}, part, row_count, high, low, filled, trim_scale(total), zero,
        trim_scale(minimum), trim_scale(maximum)
    from found
    {%- endset -%}
    {{ select_then_write(content, write) }}
{%- endmacro %}

{# Where each split begins and ends; a split may have no row. In a change they stay, or the table is built in full. #}
{% macro place_splits(final, candidate, as_change) -%}
    insert into {{ source('meta', 'table_contents') }} as counted (
        relation, part, row_count, high, low, filled, total, time_from, time_to, next_from
    )
    select {{ quote_literal(state_key(candidate)) }}, split, 0, 0, 0, 0, 0, time_from, time_to, next_from
    from ({{
        recorded_boundaries(final) if as_change
        else split_boundaries(split_definition(), newest_relation_of('customer_features'), relation_of('data_span'))
    }}) as boundaries
    on conflict (relation, part) do update
        set time_from = excluded.time_from, time_to = excluded.time_to, next_from = excluded.next_from
{%- endmacro %}

{# The customers of each split. Where no row has left a split, only those are counted that were not in it before. #}
{% macro count_entities(final, candidate, only_new) -%}
    {%- set entities -%}
    select split, count(*) as entity_count
    from (
        {%- if only_new %}
        select distinct split, customer_id from {{ added_rows(final) }} as added
        where split is not null and not exists (
            select from {{ final }} as published where published.customer_id = added.customer_id and published.split = added.split
        )
        {%- else %}
        select distinct split, customer_id from {{ candidate }} where split is not null
        {%- endif %}
    ) as members
    group by split
    {%- endset -%}
    {%- set write -%}
    update {{ source('meta', 'table_contents') }} as counted
    set entity_count = coalesce((select entity_count from found where split = counted.part), 0)
        {%- if only_new %} + coalesce((select entity_count from {{ recorded_contents(final) }} and part = counted.part), 0){% endif %}
    where relation = {{ quote_literal(state_key(candidate)) }}
    {%- endset -%}
    {{ select_then_write(entities, write) }}
{%- endmacro %}

{# Whether a row of a split is not in it any more. #}
{% macro split_rows_gone(final) %}
    {% set columns = 'customer_id, feature_time, split' %}
    {% do return(run_query(
        'select exists (select ' ~ columns ~ ' from ' ~ removed_rows(final) ~ ' where split is not null except select '
        ~ columns ~ ' from ' ~ added_rows(final) ~ ')'
    ).rows[0][0]) %}
{% endmacro %}

{# A content as the hash of content_hash. #}
{% macro hash_of_content() %}md5(concat_ws('|', row_count, high, low)){% endmacro %}
