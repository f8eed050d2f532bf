{# The models of a source beside the orders, each a line in a file of one's own: source_mapped() in NAME_mapped.sql, and so on. What
   they mean is in docs/sources.md. Here are those of every source; source_lookups and source_keyed_states have files of their own. #}

{# NAME_mapped: the records, the columns that configs/NAME.yaml maps as text. #}
{% macro source_mapped() -%}
    {{- config(materialized='ephemeral', schema='stg') -}}
    {{ mapped_records() }}
{%- endmacro %}

{# NAME_parsed: the same typed; the source's gate looks at it. #}
{% macro source_parsed() -%}
    {{- config(
        materialized='kept',
        schema='stg',
        meta={'ready_kept_by': 'load'},
        indexes=[{'columns': ['load_id'], 'type': 'brin'}],
        pre_hook='{{ prepare_expressions() }}',
        post_hook={'sql': '{{ vacuum_analyze(this) }}', 'transaction': false}
    ) -}}
    {%- if not execute -%}
        {%- do source('raw', 'loads') -%}
        {%- do source('raw', 'raw_events') -%}
    {%- endif -%}
    {{ parsed_records(ref(source_of_name(model.name) ~ '_mapped')) }}
{%- endmacro %}

{# NAME_rejected: the records that are set aside, with the reason. #}
{% macro source_rejected() -%}
    {{- config(materialized='kept', schema='stg', meta={'ready_kept_by': 'load', 'ready_loads_from': [source_of_name(model.name) ~ '_parsed']}) -}}
    {{ rejected_records(ref(source_of_name(model.name) ~ '_parsed')) }}
{%- endmacro %}

{# NAME of events, or NAME_in_files of those with look-ups: each once, of several deliveries as the latest has it. A row is known
   since available_at: its own time, or the later one that the files state. #}
{% macro source_events() -%}
    {{- config(
        materialized='kept',
        schema='stg',
        meta={'ready_available_at': 'available_at', 'ready_kept_by': 'key', 'ready_loads_from': tables_of_loads()},
        indexes=[{'columns': ['customer_id', 'event_ts']}],
        post_hook='{{ analyze(this) }}'
    ) -}}
    {%- set mapped, name = orders_mapping()['columns'], source_of_name(model.name) -%}
with usable as (
    {{ usable_rows_of_source(ref(name ~ '_parsed'), ref(name ~ '_rejected')) }}
),

latest as (
    {{ deduplicate('usable', 'event_id', 'load_id desc, line_number desc') if 'event_id' in mapped else 'select * from usable' }}
),

final as (
    select
        {{ 'event_id' if 'event_id' in mapped else row_id('latest') }} as event_id,
        customer_id,
        event_ts,
        {{ 'greatest(event_ts, available_at)' if 'available_at' in mapped else 'event_ts' }} as available_at,
        {%- for name in extra_columns() %}
        {{ name }},
        {%- endfor %}
        load_id,
        line_number
    from latest
)

select * from final
{%- endmacro %}

{# The tables whose loads NAME has. #}
{% macro tables_of_loads() %}
    {% set name = source_of_name(model.name) %}
    {% do return([name ~ '_parsed', name ~ '_rejected']) %}
{% endmacro %}

{# By what the rows of NAME are staged again together: an event by its id, without one by its load; states by whose they are. #}
{% macro key_of_rows() %}
    {% do return(key_of_source() if source_kind() == 'state' else 'event_id' if 'event_id' in orders_mapping()['columns'] else 'load_id') %}
{% endmacro %}

{# The rows of a source that nothing set aside, of the keys that are due. #}
{% macro usable_rows_of_source(parsed, rejected) -%}
    {%- set key = key_of_rows() -%}
    select parsed.*
    from {{ parsed }} as parsed
    left join {{ rejected }} as rejected
        on parsed.load_id = rejected.load_id and parsed.line_number = rejected.line_number
    {{ join_due('orders_due', 'parsed.' ~ key ~ ' = orders_due.order_id') if key != 'load_id' }}
    where rejected.load_id is null and {{ is_load_due('parsed.load_id') if key == 'load_id' else due_alone('orders_due.order_id is not null') }}
    {%- if sample_window() and time_columns() %}
        and {{ is_in_sample('parsed.' ~ time_columns()[0]) }}
    {%- endif %}
{%- endmacro %}

{# What a row without an id of its own is known by: its load and line. #}
{% macro row_id(rows) -%}
    cast({{ rows }}.load_id as {{ type_string() }}) || ':' || cast({{ rows }}.line_number as {{ type_string() }})
{%- endmacro %}

{# NAME_features: for every row of customer_features what was known of the source strictly before its feature_time, as features.yaml
   says. A feature set. #}
{% macro source_features() -%}
    {{- config(
        materialized='published',
        schema='feats',
        meta={'ready_feature_set': true, 'ready_kept_by': 'source'},
        indexes=[{'columns': ['customer_id', 'feature_time']}],
        pre_hook='{{ lateral_join_settings() }}'
    ) -}}
    {%- set rows = ref(source_of_name(model.name)) -%}
    {%- set spine = all_or_due('select customer_id, feature_time from ' ~ ref('customer_features'), 'rows_due') -%}
    {%- if not execute -%}
    {#- What it is made of goes by the configs, which are not known yet. #}
    select 1 as one
    {%- elif source_kind() == 'state' -%}
    {%- do require_states_of_customers() -%}
    {%- do require_latest() -%}
    {{ features_of_states(node_meta(model.name).latest, '(' ~ spine ~ ') as every_row', states_due(rows)) }}
    {%- else -%}
    {%- set definition = feature_definition(model.name) -%}
    {%- do require_features(definition) -%}
with spine as (
    {{ spine }}
),

features as (
    {{ point_in_time_features(definition, 'spine', ['customer_id', 'feature_time'], every_row=true, purchases=rows) }}
)

select * from features
    {%- endif -%}
{%- endmacro %}

{# The states of the customers whose rows are due. #}
{% macro states_due(states) -%}
    (
        select * from {{ states }}
        where {{ due_alone('customer_id in (select customer_id from ' ~ plan_relation('rows_due') ~ ')') }}
    ) as states_due
{%- endmacro %}

{# Stops with one sentence where features.yaml does not say which columns of a source of states are features. #}
{% macro require_latest() %}
    {% set columns = node_meta(model.name).get('latest') or [] %}
    {% for name in columns if name not in extra_columns() %}
        {% do exceptions.raise_compiler_error('features.yaml: ' ~ model.name ~ ': latest: ' ~ mapping_file() ~ ' maps no column ' ~ name) %}
    {% endfor %}
    {% if not columns %}
        {% do exceptions.raise_compiler_error('features.yaml: ' ~ model.name ~ ' has no columns: describe it there, with ready_latest') %}
    {% endif %}
{% endmacro %}

{# Stops with one sentence where a source of states is of no customers. #}
{% macro require_states_of_customers() %}
    {% if key_of_source() != 'customer_id' %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ': key: rows of ' ~ key_of_source() ~ ' have no features of their own, but are looked up: delete the model ' ~ model.name
        ) %}
    {% endif %}
{% endmacro %}

{# Stops with one sentence where a source has no features, or a name twice. #}
{% macro require_features(definition) %}
    {% set names = aggregated_names(definition) %}
    {% if not definition.aggregations %}
        {% do exceptions.raise_compiler_error('features.yaml: ' ~ model.name ~ ' has no aggregations: describe it there, with ready_windows and ready_aggregations') %}
    {% endif %}
    {% for name in names if names.count(name) > 1 %}
        {% do exceptions.raise_compiler_error('features.yaml: ' ~ model.name ~ ' has two features called ' ~ name ~ ': give one another name') %}
    {% endfor %}
{% endmacro %}
