{# NAME of states, a line in a file of one's own: one row a customer and instant since which a state was known. That is available_at of
   the mapping, else when its load came in, or first came in: the same bytes may have been read again, otherwise. Of several at one instant the one of the latest load counts, in it the last line. What a
   later delivery does not name any more stays as it was. #}
{% macro source_states() -%}
    {{- config(
        materialized='kept',
        schema='stg',
        meta={'ready_available_at': 'available_at', 'ready_kept_by': 'key', 'ready_loads_from': tables_of_loads()},
        indexes=[{'columns': ['customer_id', 'available_at']}],
        post_hook='{{ analyze(this) }}'
    ) -}}
    {{- states_as_known() -}}
{%- endmacro %}

{# The same of another key, as products: they are looked up. #}
{% macro source_keyed_states() -%}
    {{- config(
        materialized='table',
        schema='stg',
        meta={'ready_available_at': 'available_at'},
        post_hook='{{ analyze(this) }}'
    ) -}}
    {{- states_as_known() -}}
{%- endmacro %}

{# Their SQL. The row of a deletion has nothing but the instant. #}
{% macro states_as_known() -%}
{%- set tracked, key = tracks_availability(), key_of_source() %}
with usable as (
    {{ usable_rows_of_source(ref(model.name ~ '_parsed'), ref(model.name ~ '_rejected')) }}
),

{%- if not tracked %}

loads as (
    {{ loads_known_since() }}
),
{%- endif %}

known as (
    select
        usable.{{ key }},
        {{ 'usable.available_at' if tracked else 'loads.loaded_at' }} as available_at,
        {%- for name in extra_columns() %}
        {{ 'case when not ' ~ is_deletion('usable') ~ ' then usable.' ~ name ~ ' end as ' ~ name if has_deletions() else 'usable.' ~ name }},
        {%- endfor %}
        usable.load_id,
        usable.line_number
    from usable
    {%- if not tracked %}
    inner join loads on usable.load_id = loads.load_id
    {%- endif %}
),

latest as (
    {{ deduplicate('known', key ~ ', available_at', 'load_id desc, line_number desc') }}
)

select * from latest
{%- endmacro %}

{# The features of a source of states: of each column the value known strictly before feature_time, for how many days it has been that,
   and how often it had changed. A select for every row of `spine`, with its columns `keys`. #}
{% macro features_of_states(columns, spine, states, keys=['customer_id', 'feature_time']) -%}
with spine as (
    select {{ (['customer_id', 'feature_time'] + keys) | unique | join(', ') }} from {{ spine }}
),

states as (
    select
        customer_id,
        available_at,
        lead(available_at) over own as superseded_at,
        {%- for name in columns %}
        {{ name }},
        case when lag(available_at) over own is null or lag({{ name }}) over own is distinct from {{ name }} then available_at end as {{ name }}_since{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ states }}
    window own as (partition by customer_id order by available_at)
),

changes as (
    select
        customer_id,
        available_at,
        superseded_at,
        {%- for name in columns %}
        {{ name }},
        max({{ name }}_since) over until_then as {{ name }}_since,
        count({{ name }}_since) over until_then - 1 as {{ name }}_changes{{ ',' if not loop.last }}
        {%- endfor %}
    from states
    window until_then as (partition by customer_id order by available_at rows between unbounded preceding and current row)
),

features as (
    select
        {%- for key in keys %}
        spine.{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
        {%- for name in columns %},
        {{ 'cast(changes.' ~ name ~ ' as ' ~ type_amount() ~ ') as ' ~ name if name in number_columns() else 'changes.' ~ name }},
        {{ whole_days_between('changes.' ~ name ~ '_since', 'spine.feature_time') }} as {{ name }}_age_days,
        coalesce(changes.{{ name }}_changes, 0) as {{ name }}_changes
        {%- endfor %}
    from spine
    left join changes
        on changes.customer_id = spine.customer_id
        and changes.available_at < spine.feature_time
        and (changes.superseded_at is null or changes.superseded_at >= spine.feature_time)
)

select * from features
{%- endmacro %}
