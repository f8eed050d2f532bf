{# A select of split, time_from, time_to (half-open) and next_from, the start of the next part (null for the last).
   By share: of the n feature times with a known label, in order, number floor(n * train) is where val starts and
   number floor(n * (train + val)) where test starts. By customer: each part has all of these times. #}
{% macro split_boundaries(splits, features, data_span) -%}
    with data as (
        select last_order_ts - {{ days(label_horizon()) }} as last_labelled_time
        from {{ data_span }}
    ),

    times as (
        select
            feature_time,
            row_number() over (order by feature_time) - 1 as position,
            count(*) over () as n
        from (select distinct feature_time from {{ features }}) as distinct_times
        cross join data
        where feature_time <= data.last_labelled_time
    ),

    bounds as (
        select
            min(times.feature_time) as first_time,
            max(times.feature_time) + interval '1 microsecond' as end_time,
            {%- if splits.get('by') == 'customer' %}
            cast(null as {{ type_instant() }}) as val_from,
            cast(null as {{ type_instant() }}) as test_from
            {%- elif splits.by_date %}
            cast('{{ splits.val_from }} 00:00:00+00' as {{ type_instant() }}) as val_from,
            cast('{{ splits.test_from }} 00:00:00+00' as {{ type_instant() }}) as test_from
            {%- else %}
            coalesce(
                min(times.feature_time) filter (where position = floor(n * {{ splits.train }})),
                max(times.feature_time) + interval '1 microsecond'
            ) as val_from,
            coalesce(
                min(times.feature_time) filter (where position = floor(n * ({{ splits.train }} + {{ splits.val }}))),
                max(times.feature_time) + interval '1 microsecond'
            ) as test_from
            {%- endif %}
        from times
    )

    select parts.split, parts.time_from, least(parts.time_to, bounds.end_time) as time_to, parts.next_from
    from bounds
    cross join lateral (
        {%- for split, time_from, time_to, next_from in split_parts(splits) %}
        select '{{ split }}' as split, {{ time_from }} as time_from, {{ time_to }} as time_to, {{ next_from }} as next_from
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as parts
    where parts.time_from < least(parts.time_to, bounds.end_time)
{%- endmacro %}

{# Each part by split, time_from, time_to and next_from, from `bounds`. #}
{% macro split_parts(splits) %}
    {% if splits.get('by') == 'customer' %}
        {% do return([
            ['train', 'bounds.first_time', 'bounds.end_time', 'bounds.val_from'],
            ['val', 'bounds.first_time', 'bounds.end_time', 'bounds.val_from'],
            ['test', 'bounds.first_time', 'bounds.end_time', 'bounds.test_from'],
        ]) %}
    {% endif %}
    {% do return([
        ['train', 'bounds.first_time', 'bounds.val_from', 'nullif(bounds.val_from, bounds.end_time)'],
        ['val', 'bounds.val_from', 'bounds.test_from', 'nullif(bounds.test_from, bounds.end_time)'],
        ['test', 'bounds.test_from', 'bounds.end_time', 'null'],
    ]) %}
{% endmacro %}

