{# What a table is built from in this run, read before it is built: what arrives in between counts as new the next time.
   {definition_hash, loads, generation, last_change, data_end, made_of}
   definition_hash: the model's SQL and that of everything upstream; of a published table its tests too, of one kept by row
   where the splits begin and end. loads: those in it, each by its id and a hash of its file's name, which
   an expression may read: a load whose file was renamed is another; of tables kept by load or by order; none where that is not known, as of a deferred build's upstream. generation: the full build of the orders
   since which meta.order_changes has the changes, of features of a source that of its rows; last_change: the last of these that is
   in the table. data_end: the latest order, for labels. made_of: the builds of the published tables that a source's features, or a
   joined set, are made of. #}
{% macro table_state(kept_by, sql) %}
    {% set row = run_query(
        'select ' ~ loads_upstream(kept_by) ~ ' as loads, source.generation, '
        ~ (last_order_change() if kept_by in ['customer', 'source'] else 'source.last_change') ~ ' as last_change, '
        ~ ('(select cast(last_order_ts as text) from ' ~ ref('data_span') ~ ')' if kept_by == 'label' else 'null') ~ ' as data_end '
        ~ 'from (select 1) as one left join ' ~ source('meta', 'table_states') ~ ' as source on source.relation = '
        ~ quote_literal(state_key(relation_named(changes_come_from() if kept_by in ['customer', 'source'] else 'customer_purchases')))
    ).rows[0] %}
    {% do return({
        'definition_hash': local_md5(tojson(
            [normalized_sql(sql), upstream_hashes(graph.nodes[model.unique_id])]
            + (tests_of(model.unique_id) if model.config.materialized == 'published' else [])
            + ([split_bounds()] if kept_by == 'row' else [])
        )),
        'loads': none if row[0] is none else row[0].split(',') | reject('equalto', '') | list,
        'generation': row[1] if goes_by_journal(kept_by) else none,
        'last_change': row[2] if goes_by_journal(kept_by) else none,
        'data_end': row[3],
        'made_of': builds_of(tables_made_of(), newest=true),
    }) %}
{% endmacro %}

{# Where the splits begin and end now, as text: with other boundaries rows move that no order has touched. #}
{% macro split_bounds() %}
    {% do return(run_query(
        "select string_agg(cast(boundaries as text), ' ' order by split) from ("
        ~ split_boundaries(split_definition(), newest_relation_of('customer_features'), relation_of('data_span')) ~ ') as boundaries'
    ).rows[0][0]) %}
{% endmacro %}

{# The state that is recorded of a relation, as an earlier run left it, or none. #}
{% macro recorded_state(relation) %}
    {% set rows = run_query(
        "select definition_hash, array_to_string(loads, ','), generation, last_change, cast(data_end as text), made_of from "
        ~ source('meta', 'table_states') ~ ' where loads is not null and relation = ' ~ quote_literal(state_key(relation))
    ).rows %}
    {% for row in rows %}
        {% do return({
            'definition_hash': row[0],
            'loads': row[1].split(',') | reject('equalto', '') | list,
            'generation': row[2],
            'last_change': row[3],
            'data_end': row[4],
            'made_of': row[5],
        }) %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}

{# In the transaction that changes the relation. #}
{% macro record_table_state(relation, state) -%}
    {%- if state.loads is none -%}
    delete from {{ source('meta', 'table_states') }} where relation = {{ quote_literal(state_key(relation)) }}
    {%- else -%}
    insert into {{ source('meta', 'table_states') }}
        (relation, definition_hash, load_ids, loads, generation, last_change, data_end, made_of)
    values (
        {{ quote_literal(state_key(relation)) }},
        '{{ state.definition_hash }}',
        cast(array[{{ ids_of(state.loads) | join(', ') }}] as bigint[]),
        string_to_array('{{ state.loads | join(',') }}', ','),
        {{ quote_literal(state.generation) if state.generation else 'null' }},
        {{ state.last_change if state.last_change is not none else 'null' }},
        {{ quote_literal(state.data_end) if state.data_end else 'null' }},
        {{ quote_literal(state.made_of) if state.made_of else 'null' }}
    )
    on conflict (relation) do update set
        definition_hash = excluded.definition_hash,
        load_ids = excluded.load_ids,
        loads = excluded.loads,
        generation = excluded.generation,
        last_change = excluded.last_change,
        data_end = excluded.data_end,
        made_of = excluded.made_of,
        built_at = excluded.built_at
    {%- endif -%}
{%- endmacro %}

{# A candidate's state and contents are the table's own once it takes over. #}
{% macro publish_table_state(candidate, relation) -%}
    {%- for records in ['table_states', 'table_contents'] %}
    delete from {{ source('meta', records) }} where relation = {{ quote_literal(state_key(relation)) }};
    update {{ source('meta', records) }}
    set relation = {{ quote_literal(state_key(relation)) }}
    where relation = {{ quote_literal(state_key(candidate)) }}{{ ';' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Without the database, which may be copied under another name. #}
{% macro state_key(relation) %}{{ return(relation.schema ~ '.' ~ relation.identifier) }}{% endmacro %}

{# The ids of loads, which a state names with a hash of their files' names. #}
{% macro ids_of(loads) %}
    {% set ids = [] %}
    {% for load in loads %}
        {% do ids.append(load.split(' ')[0]) %}
    {% endfor %}
    {% do return(ids) %}
{% endmacro %}

{# The loads that the tables upstream all hold, or raw has, as a text of them with commas between. Only tables kept by load or by order
   go by loads. #}
{% macro loads_upstream(kept_by) -%}
    {%- if goes_by_changes(kept_by) -%}
        ''
    {%- elif kept_setting('loads_from') -%}
        (
            select string_agg(load, ',' order by cast(split_part(load, ' ', 1) as bigint))
            from (
                {%- for name in kept_setting('loads_from') %}
                select unnest(loads) as load from {{ source('meta', 'table_states') }}
                where relation = {{ quote_literal(state_key(relation_named(name))) }}
                {{- ' intersect' if not loop.last }}
                {%- endfor %}
            ) as common
        )
    {%- else -%}
        (
            {%- if is_known_by_load() %}
            select coalesce(string_agg(load_id || ' ' || md5(file_name || known_since), ',' order by load_id), '')
            from {{ source('raw', 'loads') }} inner join ({{ loads_known_since() }}) as known (load_id, known_since) using (load_id)
            {%- else %}
            select coalesce(string_agg(load_id || ' ' || md5(file_name), ',' order by load_id), '')
            from {{ source('raw', 'loads') }}
            {%- endif %}
            where {{ is_active_load() }} and source = {{ quote_literal(orders_mapping().source) }}
        )
    {%- endif -%}
{%- endmacro %}

{% macro last_order_change() -%}
    (select coalesce(max(change_id), 0) from {{ source('meta', 'order_changes') }})
{%- endmacro %}

{# Whether a table is brought up to date by what its tables have changed; the others are by their loads. #}
{% macro goes_by_changes(kept_by) %}{% do return(kept_by == 'join' or goes_by_journal(kept_by)) %}{% endmacro %}

{# Whether meta.order_changes is where that stands; of a joined set the tables joined have it. #}
{% macro goes_by_journal(kept_by) %}{% do return(kept_by in ['customer', 'feature', 'label', 'row', 'source']) %}{% endmacro %}

{# The published tables that the features of a source, or a joined set, are made of; none of others. #}
{% macro tables_made_of() %}
    {% set kept_by = kept_setting('kept_by') %}
    {% do return(['customer_features'] if kept_by == 'source' else own_meta(model).joined if kept_by == 'join' else []) %}
{% endmacro %}

{# Which builds of these tables are there, as a text; of those that are published, or of the newest. None where that is not known. #}
{% macro builds_of(names, newest=false) %}
    {% set found = [] %}
    {% for name in names if 'model.raw_to_ready.' ~ name in graph.nodes %}
        {% set relation = newest_relation(name) if newest else relation_named(name) %}
        {% for row in (run_query(
            'select cast(extract(epoch from built_at) as text) from ' ~ source('meta', 'table_states')
            ~ ' where relation = ' ~ quote_literal(state_key(relation))
        ).rows if load_cached_relation(relation) else []) %}
            {% do found.append(name ~ ' ' ~ row[0]) %}
        {% endfor %}
    {% endfor %}
    {% do return(found | join(', ') if names and found | length == names | length else none) %}
{% endmacro %}

{# The model whose changes meta.order_changes has: of a source its rows, of the orders what customer_purchases is made from. #}
{% macro changes_come_from() -%}
    {%- if source_at_work() != 'orders' -%}
    {{ return(source_at_work()) }}
    {%- endif -%}
    {{ return('order_lines' if order_grain() == 'order_line' else 'order_versions' if tracks_availability() else 'orders') }}
{%- endmacro %}

{# Changes that every table has taken in are needed no more. #}
{% macro forget_order_changes() -%}
    delete from {{ source('meta', 'order_changes') }}
    where change_id <= (
        select min(last_change) from {{ source('meta', 'table_states') }}
        where relation in ({{ quote_literals(relations_of_project()) }})
    )
{%- endmacro %}

{# As meta.table_states names them: a source that was taken away waits for no change. #}
{% macro relations_of_project() %}
    {% set keys = [] %}
    {% for node in graph.nodes.values() if node.resource_type in ['model', 'snapshot'] %}
        {% do keys.append(state_key(node_relation(node))) %}
    {% endfor %}
    {% do return(keys) %}
{% endmacro %}
