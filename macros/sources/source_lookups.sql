{# NAME of events with look-ups: the events of NAME_in_files, each beside columns of the states that its keys had at its own time. The
   model names the sources that these are of, `source_lookups('products')`, as dbt wants to know them before it reads the configs.
   A source that has_lookups() is built in full behind NAME_parsed: a new state may move any event of its key. #}
{% macro source_lookups() -%}
    {{- config(
        materialized='table',
        schema='stg',
        indexes=[{'columns': ['customer_id', 'event_ts']}],
        post_hook='{{ analyze(this) }}'
    ) -}}
    {%- set events, states = ref(model.name ~ '_in_files'), {} -%}
    {%- for name in varargs -%}
        {%- do states.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- if execute -%}
        {%- do require_looked_up(varargs) -%}
    {%- endif -%}
    {{ events_with_lookups(lookups(), events, states) }}
{%- endmacro %}

{# A select of the events, each with what was known at its time, or at that very instant, of the keys that it names; null where
   nothing was. `states`: by source, the relation with one row a key and instant; `at`: the column with the events' time. #}
{% macro events_with_lookups(lookups, events, states, at='event_ts') -%}
with events as (
    select * from {{ events }}
),

{%- for group in lookups_of_states(lookups) %}

states_{{ loop.index }} as (
    select
        {{ group.key_of_states }} as looked_up_key,
        available_at as known_since,
        {%- for lookup in group.lookups %}
        {{ lookup.column }} as {{ lookup.name }},
        {%- endfor %}
        lead(available_at) over (partition by {{ group.key_of_states }} order by available_at) as known_until
    from {{ states[group.from] }}
),
{%- endfor %}

final as (
    select
        events.*
        {%- for group in lookups_of_states(lookups) %}
        {%- set states_of_group = 'states_' ~ loop.index %}
        {%- for lookup in group.lookups %},
        {{ states_of_group }}.{{ lookup.name }}
        {%- endfor %}
        {%- endfor %}
    from events
    {%- for group in lookups_of_states(lookups) %}
    {%- set states_of_group = 'states_' ~ loop.index %}
    left join {{ states_of_group }}
        on events.{{ group.key }} = {{ states_of_group }}.looked_up_key
        and {{ states_of_group }}.known_since <= events.{{ at }}
        and ({{ states_of_group }}.known_until is null or {{ states_of_group }}.known_until > events.{{ at }})
    {%- endfor %}
)

select * from final
{%- endmacro %}

{# The look-ups that one join brings, by the source and the key of the events: a list of {from, key, key_of_states, lookups}. #}
{% macro lookups_of_states(lookups) %}
    {% set groups = {} %}
    {% for lookup in lookups %}
        {% set group = groups.setdefault(lookup.from ~ ' ' ~ lookup.key, dict(lookup, lookups=[])) %}
        {% do group.lookups.append(lookup) %}
    {% endfor %}
    {% do return(groups.values() | list) %}
{% endmacro %}

{# Stops with one sentence where the mapping has other look-ups than the model. `named`: the sources of the model's call. #}
{% macro require_looked_up(named) %}
    {% set wanted = lookups() | map(attribute='from') | unique | sort | list %}
    {% if wanted != named | sort | list or not wanted %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ': lookup: ' ~ (
            model.name ~ ".sql has to be {{ source_lookups('" ~ wanted | join("', '") ~ "') }}"
            if wanted else 'there is none: let ' ~ model.name ~ '.sql be {{ source_events() }}, and delete ' ~ model.name ~ '_in_files.sql'
        )) %}
    {% endif %}
{% endmacro %}
