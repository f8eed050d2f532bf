{# dbt keeps snapshots on Spark in Delta, Hudi and Iceberg tables only. This keeps one as any other table there: each build writes
   a table of its own, with all that the one before had. The model's meta has unique_key and check_cols, as snapshots/ has
   them; a state whose key is gone holds no more. #}
{% materialization history, adapter='spark' %}
    {%- set settings = own_meta(model) -%}
    {{ return(materialize_build(this, this, history_query(sql, load_cached_relation(this), settings.unique_key, settings.check_cols))) }}
{% endmaterialization %}

{# The states that `held` has (none: there is no table yet), and those of now that are new. #}
{% macro history_query(sql, held, key, checked) -%}
    {%- set now = 'current_timestamp()' -%}
    {%- set since_now = snapshot_hash_arguments(['given.' ~ key, now]) ~ ' as dbt_scd_id, ' ~ now ~ ' as dbt_updated_at, '
        ~ now ~ ' as dbt_valid_from, cast(null as timestamp) as dbt_valid_to' -%}
    with given as (
        {{ sql }}
    )
    {%- if not held %}

    select given.*, {{ since_now }}
    from given
    {%- else -%}
    {%- set columns = columns_of_states(sql, held) %},

    same as (
        select held.{{ key }}
        from {{ held }} as held
        inner join given on held.{{ key }} = given.{{ key }}
        where held.dbt_valid_to is null
            {%- for column in checked %} and held.{{ column }} <=> given.{{ column }}{% endfor %}
    )

    select
        {{ columns.held }}, held.dbt_scd_id, held.dbt_updated_at, held.dbt_valid_from,
        case when held.dbt_valid_to is null and same.{{ key }} is null then {{ now }} else held.dbt_valid_to end as dbt_valid_to
    from {{ held }} as held
    left join same on held.{{ key }} = same.{{ key }}
    union all
    select {{ columns.given }}, {{ since_now }}
    from given
    left anti join same on given.{{ key }} = same.{{ key }}
    {%- endif %}
{%- endmacro %}

{# Of a state's own columns, those of before and of now, both select lists: what one side lacks is null there. #}
{% macro columns_of_states(sql, held) %}
    {% set of_held, of_given = {}, {} %}
    {% for column in adapter.get_columns_in_relation(held) if column.name not in get_snapshot_table_column_names().values() %}
        {% do of_held.update({column.name: column.data_type}) %}
    {% endfor %}
    {% for row in (run_query('describe query ' ~ sql).rows if execute else []) %}
        {% do of_given.update({row[0]: row[1]}) %}
    {% endfor %}
    {% set lists = {'held': [], 'given': []} %}
    {% for name, type in dict(of_held, **of_given).items() %}
        {% for side, there in {'held': of_held, 'given': of_given}.items() %}
            {% set column = adapter.quote(name) %}
            {% do lists[side].append(side ~ '.' ~ column if name in there else 'cast(null as ' ~ type ~ ') as ' ~ column) %}
        {% endfor %}
    {% endfor %}
    {% do return({'held': lists.held | join(', '), 'given': lists.given | join(', ')}) %}
{% endmacro %}
