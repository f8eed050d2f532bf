{# A select of column_name and profile (JSON text) of each feature column of a build: {rows, missing, zero, minimum,
   maximum, mean, sampled_every, distinct, distribution}.

   The counts, extremes and mean are of all rows, in one scan without a sort. The distribution is the empirical
   distribution function where it passes each half percent: [value, rows with it, rows up to it], in order, so of a column
   with few values it is all of them, and percentiles are read off it exactly. Tables of over 100,000 rows give it from a
   sample of 50,000 to 100,000, every sampled_every-th row by a hash of its key: the same rows for the same data, and most
   of them again in the next build. Columns that are no numbers have rows and missing only. NaN and infinity count as
   missing. #}
{% macro feature_profiles(build) -%}
    {{ return(adapter.dispatch('feature_profiles')(build, profiled_columns(build.columns), sample_step(build.row_count))) }}
{%- endmacro %}

{% macro postgres__feature_profiles(build, columns, step) -%}
    with counted as (
        {{ build.counted or contents_by_column(build.features, build.columns) }}
    ),

    sampled as materialized (
        {{ 'select * from ' ~ build.sample if build.sample else feature_sample(build) }}
    )
    {%- for column in columns %}
    {{ 'union all' if not loop.first }}
    select
        {{ quote_literal(column.name) }} as column_name,
        cast(jsonb_build_object(
            'rows', row_count,
            'missing', row_count - filled
            {%- if column.is_number %},
            'zero', zero,
            'minimum', trim_scale(minimum),
            'maximum', trim_scale(maximum),
            'mean', trim_scale(round(total / nullif(filled, 0), 6)),
            'sampled_every', {{ step }},
            'distinct', distinct_values,
            'distribution', coalesce(distribution, '[]')
            {%- endif %}
        ) as text) as profile
    from counted
    {%- if column.is_number %}
    cross join ({{ distribution(column.quoted) }}) as distributed
    {%- endif %}
    where part = {{ quote_literal(column.name) }}
    {%- endfor %}
{%- endmacro %}

{# A select of the rows that the distributions are of. #}
{% macro feature_sample(build) -%}
    {%- set step = sample_step(build.row_count) -%}
    select
        {%- for column in profiled_columns(build.columns) | selectattr('is_number') %}
        {{ column.value }} as {{ column.quoted }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ build.features }}
    {%- if step > 1 %}
    where {{ is_sampled(step) }}
    {%- endif %}
{%- endmacro %}

{# A select of one row: the distinct values of a column of `sampled`, and its distribution. #}
{% macro distribution(column) -%}
    select
        count(*) as distinct_values,
        jsonb_agg(jsonb_build_array(trim_scale(cast(value as numeric)), times, up_to) order by value) filter (
            where up_to = times or up_to * 200 / total > (up_to - times) * 200 / total
        ) as distribution
    from (
        select
            value,
            times,
            cast(sum(times) over (order by value) as bigint) as up_to,
            cast(sum(times) over () as bigint) as total
        from (select {{ column }} as value, count(*) as times from sampled where {{ column }} is not null group by 1) as valued
    ) as cumulated
{%- endmacro %}

{# The columns are put one below the other, so that each figure is written once. #}
{% macro spark__feature_profiles(build, columns, step) -%}
    with listed as (
        select
            {{ is_sampled(step) if step > 1 else 'true' }} as is_drawn,
            inline(array(
                {%- for column in columns %}
                named_struct(
                    'column_name', {{ quote_literal(column.name) }},
                    'is_number', {{ 'true' if column.is_number else 'false' }},
                    'is_filled', {{ column.value }} is not null,
                    'value', cast({{ column.value if column.is_number else 'null' }} as {{ type_amount() }})
                ){{ ',' if not loop.last }}
                {%- endfor %}
            ))
        from {{ build.features }}
    ),

    counted as (
        select
            column_name,
            is_number,
            count(*) as row_count,
            count_if(is_filled) as filled,
            count_if(value = 0) as zero,
            min(value) as minimum,
            max(value) as maximum,
            {{ exact_average('sum(value)', 'count(value)') }} as mean
        from listed
        group by column_name, is_number
    ),

    valued as (
        select column_name, value, count(*) as times
        from listed
        where is_drawn and value is not null
        group by column_name, value
    ),

    cumulated as (
        select
            *,
            sum(times) over (partition by column_name order by value) as up_to,
            sum(times) over (partition by column_name) as total
        from valued
    ),

    distributed as (
        select
            column_name,
            count(*) as distinct_values,
            array_join(transform(
                array_sort(collect_list(named_struct('value', value, 'times', times, 'up_to', up_to)) filter (
                    where up_to = times or up_to * 200 div total > (up_to - times) * 200 div total
                )),
                s -> concat('[', {{ json_number('s.value') }}, ', ', s.times, ', ', s.up_to, ']')
            ), ', ') as distribution
        from cumulated
        group by column_name
    )

    select
        column_name,
        concat(
            '{"rows": ', row_count, ', "missing": ', row_count - filled,
            case when is_number then concat(
                ', "zero": ', zero,
                ', "minimum": ', {{ json_number('minimum') }},
                ', "maximum": ', {{ json_number('maximum') }},
                ', "mean": ', {{ json_number('mean') }},
                ', "sampled_every": {{ step }}, "distinct": ', coalesce(distinct_values, 0),
                ', "distribution": [', coalesce(distribution, ''), ']'
            ) else '' end,
            '}'
        ) as profile
    from counted
    left join distributed using (column_name)
{%- endmacro %}

{# A decimal with places as JSON has it, without the zeros at its end. #}
{% macro json_number(decimal) -%}
    coalesce(regexp_replace(cast({{ decimal }} as string), '[.]?0+$', ''), 'null')
{%- endmacro %}

{# Whether a row of features is in a sample of one in `step`. #}
{% macro is_sampled(step) -%}
    mod({{ hash_number('customer_id', 'profile') }} + {{ whole_days_between("cast('2000-01-01 00:00:00+00:00' as " ~ type_instant() ~ ")", 'feature_time') }}, {{ step }}) = 0
{%- endmacro %}

{# A power of two, so that a table that has grown is sampled from the same rows. #}
{% macro sample_step(row_count) %}
    {% set steps = [1] %}
    {% for doubled in range(40) if row_count / steps[-1] > 100000 %}
        {% do steps.append(steps[-1] * 2) %}
    {% endfor %}
    {% do return(steps[-1]) %}
{% endmacro %}

{# The columns but the key, as {index, name, quoted, value, is_number}. dbt knows numbers by PostgreSQL's names alone. #}
{% macro profiled_columns(columns) %}
    {% set profiled = [] %}
    {% for column in columns if column.name not in ['customer_id', 'feature_time'] %}
        {% set quoted = adapter.quote(column.name) %}
        {% do profiled.append({
            'index': profiled | length + 1,
            'name': column.name,
            'quoted': quoted,
            'value': "case when abs(" ~ quoted ~ ") < 'Infinity' then " ~ quoted ~ " end" if column.is_float() else quoted,
            'is_number': column.is_number() or modules.re.match('(tiny|small|big)?int$|decimal', column.dtype) is not none,
        }) %}
    {% endfor %}
    {% do return(profiled) %}
{% endmacro %}

