{# What the rules that are on by default find in the rows of the source at work: those that stop a run (`error`), or those that warn.
   Each row at fault as rows_at_fault has it, beside the `rule`, and the place of the record that it contradicts. `relation`: with the
   parsed records. #}
{% macro rows_against_rules(relation, severity) -%}
    {%- set entries = rules_of_severity(severity) -%}
    {%- set of_rows, of_sample, of_dates, others, ceilings = [], [], [], [], {} -%}
    {%- for fault in faults_by_rules(relation, entries) -%}
        {%- do (others if fault.sql is defined else of_dates if fault.rule in rules_on_dates() else of_sample if fault.rule in rules_on_a_sample() else of_rows).append(fault) -%}
        {%- if ceiling_of_rule(entries[fault.rule], relation) -%}
            {%- do ceilings.update({fault.rule: ceiling_of_rule(entries[fault.rule], relation)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set text = type_string() -%}
    {%- set names = ['load_id', 'line_number', 'rule', 'column_at_fault', 'says', 'other_file_name', 'other_line_number'] -%}
with suspects as (
    select * from {{ relation }} as parsed
    where false{% for fault in of_rows %} or ({{ fault.condition }}){% endfor %}
),

{%- if of_sample %}

sampled as (
    select * from {{ sampled_rows() }}
),
{%- endif %}

{%- if of_dates %}

wrong_dates as (
    {{ count_of_wrong_dates(relation) }}
),
{%- endif %}

found as (
    select
        {%- for name in names %}
        cast(null as {{ 'bigint' if name in ['load_id', 'line_number', 'other_line_number'] else text }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- for fault in of_rows + of_sample + of_dates + others %}
    union all
    select
        load_id,
        line_number,
        {{ quote_literal(fault.rule) }},
        {{ quote_literal(fault.column) }},
        {{ quote_literal(fault.says) }},
        {{ 'other_file_name' if fault.against else 'cast(null as ' ~ text ~ ')' }},
        {{ 'other_line_number' if fault.against else 'cast(null as bigint)' }}
        {%- if fault.sql is defined %}
    from (
        {{ fault.sql }}
    ) as ruled
        {%- else %}
    from {{ 'suspects' if fault in of_rows else relation }} as parsed
    where
        ({{ fault.condition }})
        {%- if fault in of_dates %}
        and (select wrong_dates.possible from wrong_dates) > 0
        {%- elif fault in of_sample %}
        and {{ is_in_sample_of_rows(fault.condition) }}
        {%- endif %}
        {%- endif %}
    {%- endfor %}
),

counted as (
    select
        found.*,
        count(*) over (partition by rule) as rows_of_rule
    from found
)

select
    counted.load_id,
    counted.line_number,
    loads.file_name,
    {%- for name in orders_mapping()['columns'] %}
    parsed.{{ name }},
    parsed.{{ name }}_raw,
    {%- endfor %}
    {%- if guarded_expressions() %}
    parsed.mapping_errors,
    {%- endif %}
    {{ names[2:] | join(', ') }}
from counted
inner join {{ source('raw', 'loads') }} as loads on counted.load_id = loads.load_id
left join {{ relation }} as parsed on counted.load_id = parsed.load_id and counted.line_number = parsed.line_number
    {%- for rule, ceiling in ceilings.items() %}
{{ 'where' if loop.first else 'and' }} (counted.rule <> '{{ rule }}' or counted.rows_of_rule {{ '>' if severity == 'error' else '<=' }} {{ ceiling }})
    {%- endfor %}
{%- endmacro %}

{# The rules of the source at work that stop a run, or those that warn, each with its settings. One with a ceiling does either, by how
   many rows there are. #}
{% macro rules_of_severity(severity) %}
    {% set settings = node_meta(source_at_work() ~ '_parsed').get('default_rules') or {} %}
    {% set chosen = {} %}
    {% for rule, default in rules_of_source().items() %}
        {% set entry = settings.get(rule) or {} %}
        {% set own = entry.get('severity') or default %}
        {% if entry.get('enabled') is not false and (own == severity or own == 'error' and ceiling_of_rule(entry, '')) %}
            {#- A rule that warns has no use for a ceiling. -#}
            {% do chosen.update({rule: entry if own == 'error' else dict(entry, max_failures=none, max_share=none)}) %}
        {% endif %}
    {% endfor %}
    {% do return(chosen) %}
{% endmacro %}

{# The rules that the source at work may break, each with its severity. `usable_rows`: what nothing switches off. The dates of states may
   be meant, as of a price that is announced, or a row that holds since ever; of two states of a customer the last line counts, but a
   look-up of another key would have two answers. #}
{% macro rules_of_source() %}
    {% set event, key, time = source_kind() == 'event', key_of_records(), time_of_records() %}
    {% set rules = {
        'usable_rows': 'error', 'typed_amounts_and_times': 'error', 'typed_values': 'error', 'long_ids': 'error',
        'expressions_give_values': 'error', 'local_times_are_certain': 'warn', 'long_texts': 'warn', 'marks_are_certain': 'warn',
        'odd_ids': 'warn',
    } %}
    {% if time %}
        {% do rules.update({'no_order_in_the_future': 'error' if event else 'warn', 'no_placeholder_date': 'error' if event else 'warn'}) %}
    {% endif %}
    {% if event %}
        {% do rules.update({'no_isolated_order': 'warn'}) %}
    {% endif %}
    {% if event and (not key or id_names_place()) %}
        {% do rules.update({'records_come_once': 'warn'}) %}
    {% endif %}
    {% if event and key %}
        {% do rules.update({'one_customer_per_order': 'error'}) %}
        {% do rules.update({'one_time_per_order': 'error', 'files_in_order': 'warn'} if not tracks_availability() else {}) %}
    {% endif %}
    {% if key and values_of_records() %}
        {% do rules.update({'files_agree': 'warn'} if not (event and tracks_availability()) else {}) %}
        {% do rules.update({'rows_agree': 'warn' if event or key[0] == 'customer_id' else 'error'}) %}
    {% endif %}
    {% if event and number_columns() %}
        {% do rules.update({'one_currency': 'warn'}) %}
    {% endif %}
    {% if filter_negates() %}
        {% do rules.update({'rows_are_judged': 'warn'}) %}
    {% endif %}
    {% do return(rules) %}
{% endmacro %}

{# What a rule that stops a run lets pass, and warns of: so many rows, or such a share; of two the lower one. None for no such. #}
{% macro ceiling_of_rule(entry, relation) %}
    {% set ceilings = [] %}
    {% if entry.get('max_share') is not none %}
        {% do ceilings.append(entry.max_share ~ ' * (select count(*) from ' ~ relation ~ ' as parsed)') %}
    {% endif %}
    {% if entry.get('max_failures') is not none %}
        {% do ceilings.append(entry.max_failures | string) %}
    {% endif %}
    {% do return('least(' ~ ceilings | join(', ') ~ ')' if ceilings | length == 2 else ceilings | first | default(none)) %}
{% endmacro %}

{# The faults by these rules: {rule, column, says}, and the `condition` of a row, or the `sql` that selects the rows, `against` others
   or not. `entries`: rule -> its settings. #}
{% macro faults_by_rules(relation, entries) %}
    {% set faults, event, key, time = [], source_kind() == 'event', key_of_records(), time_of_records() %}
    {% for fault in (faults_of_source() if 'usable_rows' in entries else []) %}
        {% do faults.append(dict(fault, rule='usable_rows')) %}
    {% endfor %}
    {% set of_values = ['typed_amounts_and_times', 'typed_values', 'long_ids', 'expressions_give_values', 'local_times_are_certain'] %}
    {% for rule in of_values + ['long_texts', 'marks_are_certain', 'odd_ids'] if rule in entries %}
        {% for fault in value_faults(rule, entries[rule]) %}
            {% do faults.append(dict(fault, rule=rule)) %}
        {% endfor %}
    {% endfor %}
    {% if 'no_order_in_the_future' in entries %}
        {% do faults.append({
            'rule': 'no_order_in_the_future', 'column': time, 'says': '{n} row(s) have a time after their file was loaded',
            'condition': is_after_load('parsed', entries.no_order_in_the_future.get('days', 1)),
        }) %}
    {% endif %}
    {% if 'no_placeholder_date' in entries %}
        {% do faults.append({
            'rule': 'no_placeholder_date', 'column': time, 'says': '{n} row(s) have a date that means none',
            'condition': is_placeholder_date(entries.no_placeholder_date.get('dates', placeholder_dates())),
        }) %}
    {% endif %}
    {% if 'no_isolated_order' in entries %}
        {% do faults.append({
            'rule': 'no_isolated_order', 'column': time, 'says': '{n} row(s) lie apart from all others in time',
            'condition': 'exists (select 1 from (' ~ isolated_orders(relation, entries.no_isolated_order) ~ ') as isolated'
                ~ ' where parsed.' ~ time ~ ' >= isolated.time_from and parsed.' ~ time ~ ' <= isolated.time_to)'
                ~ ' and ' ~ is_plausible_date('parsed'),
        }) %}
    {% endif %}
    {% if 'one_customer_per_order' in entries %}
        {% do faults.append({
            'rule': 'one_customer_per_order', 'column': 'event_id', 'against': true,
            'says': 'event_id has {n} value(s) that come again with another customer_id', 'sql': other_customers(relation, each=true),
        }) %}
    {% endif %}
    {% if 'one_time_per_order' in entries %}
        {% do faults.append({
            'rule': 'one_time_per_order', 'column': 'event_id', 'against': true,
            'says': 'event_id has {n} value(s) that come again with another event_ts',
            'sql': other_times(relation, entries.one_time_per_order.get('days', 1), each=true),
        }) %}
    {% endif %}
    {% if 'rows_agree' in entries %}
        {% do faults.append({
            'rule': 'rows_agree', 'column': key[0], 'against': true,
            'says': 'event_id has {n} value(s) that come again in one file with other values, and the last row wins' if event
                else key[0] ~ ' has {n} value(s) that come again at one instant, with other values',
            'sql': rows_that_contradict(relation),
        }) %}
    {% endif %}
    {% if 'files_agree' in entries %}
        {% do faults.append({
            'rule': 'files_agree', 'column': key[0], 'against': true,
            'says': '{n} ' ~ source_kind() ~ '(s) differ between files that came together, and the file loaded last wins',
            'sql': records_that_files_change(relation),
        }) %}
    {% endif %}
    {% if 'files_in_order' in entries %}
        {% set columns = 'load_id, cast(null as bigint) as line_number, other_file_name, cast(null as bigint) as other_line_number' %}
        {% do faults.append({
            'rule': 'files_in_order', 'column': time, 'against': true,
            'says': '{n} file(s) win over a newer one, as they were loaded later',
            'sql': 'select ' ~ columns ~ ' from (' ~ files_out_of_order(relation) ~ ') as out_of_order',
        }) %}
    {% endif %}
    {% if 'records_come_once' in entries %}
        {% do faults.append({
            'rule': 'records_come_once', 'column': 'customer_id', 'against': true,
            'says': '{n} record(s) are in another file too and count twice, as nothing says which events they are',
            'sql': 'select * from (' ~ records_of_several_files(relation, loads_that_overlap(relation)) ~ ') as repeated'
                ~ ' where records >= ' ~ entries.records_come_once.get('records', 10),
        }) %}
    {% endif %}
    {% if 'one_currency' in entries %}
        {% do faults.append({
            'rule': 'one_currency', 'column': 'customer_id',
            'says': '{n} event(s) are of another currency than most, and their numbers are summed together',
            'sql': records_of_other_currencies(relation),
        }) %}
    {% endif %}
    {% if 'rows_are_judged' in entries %}
        {% do faults.append({
            'rule': 'rows_are_judged', 'column': key_of_source(),
            'says': '{n} record(s) are left out as the filter `rows` of ' ~ mapping_file() ~ ' gives no answer there',
            'sql': records_left_undecided(),
        }) %}
    {% endif %}
    {% do return(faults) %}
{% endmacro %}

{# A query of the loads whose times overlap those of another: only they can have a record in common. #}
{% macro loads_that_overlap(relation) -%}
    select load_id
    from (
        select
            load_id,
            first_ts <= max(last_ts) over (order by first_ts, load_id rows between unbounded preceding and 1 preceding)
            or last_ts >= lead(first_ts) over (order by first_ts, load_id) as meets
        from (
            select load_id, min({{ time_of_records() }}) as first_ts, max({{ time_of_records() }}) as last_ts
            from {{ relation }}
            group by load_id
        ) as spans
    ) as met
    where meets
{%- endmacro %}

{# Those of the columns that may differ where a record comes again. #}
{% macro values_of_records() %}
    {% set known = key_of_records() + ['customer_id', 'available_at'] %}
    {% do return(orders_mapping()['columns'].keys() | reject('in', known) | list) %}
{% endmacro %}

{# A select of the records that contradict an earlier line of their file: the same event, or whose state it is, at the same instant. #}
{% macro rows_that_contradict(relation) -%}
    {%- set key = key_of_records() + (['available_at'] if source_kind() == 'event' and tracks_availability() else []) -%}
    select *
    from (
        select
            load_id,
            line_number,
            file_name as other_file_name,
            lag(line_number) over same as other_line_number,
            lag(load_id) over same is not null and (
                {%- for name in values_of_records() %}{{ ' or ' if not loop.first }}{{ name }} is distinct from lag({{ name }}) over same{% endfor -%}
            ) as contradicts
        from {{ relation }}
        where {{ key | join(' is not null and ') }} is not null
            {{- ' and event_id in ' ~ come_again(relation) if source_kind() == 'event' }}
        window same as (partition by load_id, {{ key | join(', ') }} order by line_number)
    ) as compared
    where contradicts
{%- endmacro %}

{# A select of how many rows may have a wrong date: 0 only where none has. #}
{% macro count_of_wrong_dates(relation) %}{{ return(adapter.dispatch('count_of_wrong_dates')(relation)) }}{% endmacro %}
{% macro default__count_of_wrong_dates(relation) %}select 1 as possible{% endmacro %}
{% macro postgres__count_of_wrong_dates(relation) %}select {{ possible_wrong_dates() }} as possible from {{ relation }}{% endmacro %}

{# A condition: `sampled` shows that a fault is there, which comes by the thousand. Counted, as `exists` would compare each id with each. #}
{% macro is_in_sample_of_rows(condition) %}{{ return(adapter.dispatch('is_in_sample_of_rows')(condition)) }}{% endmacro %}
{% macro default__is_in_sample_of_rows(condition) %}true{% endmacro %}
{% macro postgres__is_in_sample_of_rows(condition) %}(select count(*) from sampled where {{ condition }}) > 0{% endmacro %}
