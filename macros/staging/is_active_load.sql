{# The condition on raw.loads that picks the loads staging reads: the active ones. In a scratch build (one with
   a prefix) READY_LOAD_IDS names others, such as 1,2,5: raw keeps superseded loads, so an old state
   can be built again. With --sample it is those of them that came in then. Which loads were read is data, not definition: see
   normalized_sql. #}
{% macro is_active_load() -%}
    {%- if flags.EMPTY -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set load_ids = env_var('READY_LOAD_IDS', '') if schema_prefix() else '' -%}
    {%- if load_ids and not modules.re.fullmatch('[0-9]+(,[0-9]+)*', load_ids) -%}
        {% do exceptions.raise_compiler_error("READY_LOAD_IDS: '" ~ load_ids ~ "' is no list of ids such as 1,2,5") %}
    {%- endif -%}
    {%- set condition = 'load_id in (' ~ load_ids ~ ')' if load_ids else default_load_condition() -%}
    {{ return(condition ~ ' and ' ~ is_in_sample('loaded_at') if sample_window() else condition) }}
{%- endmacro %}

{# Of states that are known since their load came, each delivery counts from then on: also one that a later delivery of its file has
   superseded, but for an empty one, which withdraws it. #}
{% macro default_load_condition() %}
    {% set by_load = source_at_work() != 'orders' and source_kind() == 'state' and not tracks_availability() %}
    {{ return("(status = 'loaded' or superseded_by not in (select empty.load_id from " ~ source('raw', 'loads') ~ " as empty where empty.file_bytes = 0))" if by_load else "status = 'loaded'") }}
{% endmacro %}
