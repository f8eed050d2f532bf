{# The rows of a key other than the customer that contradict an earlier line of the same file at the same instant: a look-up would have
   two answers. As rows_at_fault has it; `relation`: with the parsed records. #}
{% macro states_that_contradict(relation) -%}
    {%- set key, at = key_of_source(), 'available_at' if tracks_availability() else none -%}
    {%- set differs = [] -%}
    {%- for name in (['deleted'] if has_deletions() else []) + extra_columns() | list -%}
        {%- do differs.append(name ~ ' is distinct from lag(' ~ name ~ ') over same') -%}
    {%- endfor -%}
    select
        parsed.*,
        '{{ key }}' as column_at_fault,
        '{{ key }} has {n} value(s) that come again at one instant, with other values' as says
    from {{ relation }} as parsed
    where (parsed.load_id, parsed.line_number) in (
        select load_id, line_number
        from (
            select
                load_id,
                line_number,
                lag(load_id) over same is not null and ({{ differs | join(' or ') or 'false' }}) as contradicts
            from {{ relation }}
            where {{ key }} is not null{{ ' and ' ~ at ~ ' is not null' if at }}
            window same as (partition by load_id, {{ key }}{{ ', ' ~ at if at }} order by line_number)
        ) as compared
        where contradicts
    )
{%- endmacro %}
