{# An aggregate over all rows of orders_parsed, for the scan that counts the row rules: at least as many as the default rule
   finds, and 0 only where it finds none. Then the rule need not look for itself. None for other rules. Odd ids and
   marks come by the thousand, so a sample of a large table shows them. #}
{% macro possible_faults(node) %}
    {% if node.name in rules_on_dates() %}
        {% do return(possible_wrong_dates()) %}
    {% elif node.name == 'one_currency' %}
        {% set any = '(select currency from ' ~ relation_of('orders_parsed') ~ ' where currency is not null limit 1)' %}
        {% do return('0' if is_pinned('currency') else 'count(*) filter (where currency <> ' ~ any ~ ')') %}
    {% elif node.name in rules_on_a_sample() %}
        {% set conditions = value_faults(node.name) | map(attribute='condition') | join(' or ') %}
        {% do return('(select count(*) from ' ~ sampled_rows() ~ ' where ' ~ conditions ~ ')' if conditions else '0') %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# Rules that share one look at the dates. #}
{% macro rules_on_dates() %}
    {% do return(['no_order_in_the_future', 'no_placeholder_date', 'no_isolated_order']) %}
{% endmacro %}

{# Rules whose faults come by the thousand. #}
{% macro rules_on_a_sample() %}{% do return(['odd_ids', 'marks_are_certain']) %}{% endmacro %}

{% macro has_possible_faults(node) %}{% do return(adapter.dispatch('has_possible_faults')(node)) %}{% endmacro %}

{# Another engine takes no sample, so that to look for them is no quicker than the rule. #}
{% macro default__has_possible_faults(node) %}{% do return(false) %}{% endmacro %}

{% macro postgres__has_possible_faults(node) %}
    {% set rules = rules_on_dates() + rules_on_a_sample() + ['one_currency'] %}
    {% do return(
        node.name in rules and is_default_rule(node) and not (node.config.store_failures or flags.STORE_FAILURES)
        and (node.name != 'one_currency' or is_mapped('currency') or is_pinned('currency'))
    ) %}
{% endmacro %}

{# Orders that one of the rules on dates may find. Nearly every row lies between two bounds and is compared with nothing else; what
   lies beyond is compared with its own load's time and with the ends of a sample. An order that lies apart is beyond these ends, or
   next to a gap in the sample. #}
{% macro possible_wrong_dates() -%}
    {%- set own, time = source_at_work(), time_of_records() -%}
    {%- set future = rule_entry('no_order_in_the_future', own).get('days', 1) -%}
    {%- set apart = rule_entry('no_isolated_order', own).get('days', 60) -%}
    {%- set dates = rule_entry('no_placeholder_date', own).get('dates', placeholder_dates()) | map('string') | list -%}
    {%- set dates_between = dates | select('ge', '1971') | select('lt', '2099-12-31') | list -%}
    {%- set sample -%}
        (select {{ time }} from {{ sampled_rows() }} where {{ time }} is not null)
    {%- endset -%}
    {%- set first = "greatest(timestamptz '1971-01-02 00:00:00 UTC', (select min(" ~ time ~ ") - " ~ days(apart) ~ ' from ' ~ sample ~ ' as sampled))' -%}
    {%- set last = "least(timestamptz '2099-12-30 00:00:00 UTC', (select max(" ~ time ~ ") + " ~ days(apart) ~ ' from ' ~ sample ~ ' as sampled))' -%}
    count(*) filter (
        where ({{ time }} < (select {{ first }}) or {{ time }} > (select least({{ last }}, {{ first_load_time(future) }})))
        and ({{ time }} < (select {{ first }}) or {{ time }} > (select {{ last }}) or {{ time }} > {{ own_load_time(future) }})
    )
    {%- for column in time_columns() if column != time %}
    + count(*) filter (where {{ column }} > (select {{ first_load_time(future) }}) and {{ column }} > {{ own_load_time(future) }})
    + count(*) filter (where {{ is_placeholder_date(dates, [column]) }})
    {%- endfor %}
    {%- if dates_between %}
    + count(*) filter (where {{ is_placeholder_date(dates_between, [time]) }})
    {%- endif %}
    + (
        select count(*)
        from (select {{ time }}, lag({{ time }}) over (order by {{ time }}) as before_ts from {{ sample }} as sampled) as in_order
        where {{ time }} > before_ts + {{ days(apart) }}
    )
{%- endmacro %}

{# The time of the first load, and that of a row's own at its number in an array; both with a span added. #}
{% macro first_load_time(span) %}(select min(loaded_at) + {{ days(span) }} from {{ loads_of_orders() }}){% endmacro %}

{% macro own_load_time(span) -%}
    (
        select array_agg(loaded_at + {{ days(span) }} order by number)
        from generate_series(1, (select max(load_id) from {{ loads_of_orders() }})) as numbers (number)
        left join {{ loads_of_orders() }} as loads on loads.load_id = numbers.number
    )[load_id]
{%- endmacro %}

{% macro sampled_rows() %}{{ return(adapter.dispatch('sampled_rows')() if execute and 'nodes' in graph else 'orders_parsed') }}{% endmacro %}
{% macro default__sampled_rows() %}{{ rows_of_gate() }} as every_row{% endmacro %}

{# The table that the gate of the source at work looks at. #}
{% macro rows_of_gate() %}{{ return(relation_of(source_at_work() ~ '_parsed')) }}{% endmacro %}

{% macro postgres__sampled_rows() -%}
    {{ rows_of_gate() }} tablesample system ({{ sample_percent() }}) repeatable (1)
{%- endmacro %}

{# Some ten thousand rows, and all of a small table. #}
{% macro sample_percent() %}
    {% set rows = run_query(
        'select coalesce(max(reltuples), 0) from pg_class where oid = to_regclass(' ~ quote_literal(rows_of_gate()) ~ ')'
    ).rows[0][0] %}
    {% do return([100, [0.1, 1000000 / ([rows, 1] | max)] | max] | min) %}
{% endmacro %}
