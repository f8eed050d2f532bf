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

{# Of states that are known since their load came, each delivery counts from then on, also one that a later delivery of its file has
   superseded: but not where that has the same bytes, read otherwise, nor of a file that was withdrawn since. #}
{% macro default_load_condition() %}
    {% if not is_known_by_load() %}
        {% do return("status = 'loaded'") %}
    {% endif %}
    {% set never_known -%}
        select earlier.load_id from {{ source('raw', 'loads') }} as earlier
        inner join {{ source('raw', 'loads') }} as later on earlier.source = later.source and earlier.load_id < later.load_id
        where (earlier.superseded_by = later.load_id and earlier.file_sha256 = later.file_sha256)
            or (earlier.file_name = later.file_name and later.file_bytes = 0)
    {%- endset %}
    {% do return("(status = 'loaded' or load_id not in (" ~ never_known ~ "))") %}
{% endmacro %}

{# A condition: an instant is in the sample; none in other builds. #}
{% macro is_in_sample(instant) %}
    {% set window = sample_window() %}
    {% do return(
        instant ~ ' >= ' ~ instant_literal(window.start.strftime('%Y-%m-%d %H:%M:%S.%f'), 'UTC')
        ~ ' and ' ~ instant ~ ' < ' ~ instant_literal(window.end.strftime('%Y-%m-%d %H:%M:%S.%f'), 'UTC') if window else none
    ) %}
{% endmacro %}
