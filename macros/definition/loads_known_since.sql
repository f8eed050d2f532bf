{# A select of the loads, and of each since when what it says was known: the same bytes may have been read before, otherwise. #}
{% macro loads_known_since() -%}
    select load_id, min(loaded_at) over (partition by source, file_name, bytes_number) as loaded_at
    from (
        select *, sum(is_other) over (partition by source, file_name order by load_id) as bytes_number
        from (
            select
                *,
                case when file_sha256 = lag(file_sha256) over (partition by source, file_name order by load_id) then 0 else 1 end as is_other
            from {{ source('raw', 'loads') }}
        ) as deliveries
    ) as numbered
{%- endmacro %}

{# Whether the rows of the source at work are known since their load came, as they do not say it themselves. #}
{% macro is_known_by_load() %}
    {% do return(source_at_work() != 'orders' and source_kind() == 'state' and not tracks_availability()) %}
{% endmacro %}
