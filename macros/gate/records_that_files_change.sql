{# A select of the records that several of the files that came together have, and not alike: as the file loaded last has them, which
   wins, beside the place in each other one. `place` numbers those of two files, `orders` is how many these are. #}
{% macro records_that_files_change(parsed) -%}
    {%- set key = key_of_records() -%}
    {%- set keys, winner_keys = key | join(', '), 'winners.' ~ key | join(', winners.') %}
with delivered as (
    select
        {{ keys }},
        load_id,
        file_name,
        line_number,
        {{ key_text(orders_mapping()['columns'].keys() | reject('in', key) | list) }} as contents,
        row_number() over (partition by {{ keys }} order by load_id desc, line_number desc) as place,
        row_number() over (partition by {{ keys }}, load_id order by line_number desc) as place_in_load
    from {{ parsed }}
    where {{ key[0] }} in {{ come_again(parsed) }} and load_id in {{ newly_loaded() }}
)

select
    {{ winner_keys }},
    winners.file_name,
    winners.load_id,
    winners.line_number,
    losers.file_name as other_file_name,
    losers.line_number as other_line_number,
    row_number() over (partition by winners.load_id, losers.load_id order by winners.line_number) as place,
    count(*) over (partition by winners.load_id, losers.load_id) as orders
from delivered as winners
inner join delivered as losers
    on {% for column in key %}winners.{{ column }} = losers.{{ column }} and {% endfor %}winners.load_id > losers.load_id
where winners.place = 1 and losers.place_in_load = 1 and winners.contents <> losers.contents
{%- endmacro %}

{# A select of the files that were loaded after another, have records in common with it and are older by their own newest one: the older
   state of these records wins. #}
{% macro files_out_of_order(parsed) -%}
    {%- set id, time = key_of_records()[0], time_of_records() %}
with shared as (
    select distinct
        {{ id }},
        load_id
    from {{ parsed }}
    where {{ id }} in {{ come_again(parsed) }}
),

pairs as (
    select distinct
        later.load_id,
        earlier.load_id as earlier_load_id
    from shared as later
    inner join shared as earlier on later.{{ id }} = earlier.{{ id }} and later.load_id > earlier.load_id
    where later.load_id in {{ newly_loaded() }}
),

newest as (
    select
        load_id,
        file_name,
        max({{ time }}) as newest_{{ time }}
    from {{ parsed }}
    where load_id in (select pairs.load_id from pairs union all select pairs.earlier_load_id from pairs)
    group by load_id, file_name
)

select
    later.load_id,
    later.file_name,
    later.newest_{{ time }},
    earlier.file_name as other_file_name,
    earlier.newest_{{ time }} as other_newest_{{ time }}
from pairs
inner join newest as later on pairs.load_id = later.load_id
inner join newest as earlier on pairs.earlier_load_id = earlier.load_id
where later.newest_{{ time }} < earlier.newest_{{ time }}
order by later.load_id asc, earlier.newest_{{ time }} desc
{%- endmacro %}
