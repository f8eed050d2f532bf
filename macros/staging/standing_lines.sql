{# A select of the order lines that stand, from usable rows of orders_parsed, each line once however often it was delivered.
   With line_id a line is the same where order_id and line_id are: the latest load wins, within it the last line. Without,
   a line is its whole content: one that a file has twice is two lines, one that two files have is the same line, so each
   content stands as often as the load that has it most often (of several the latest). `lines_over_files: latest`: the
   lines of an order's latest load stand. docs/decisions/0010-order-lines.md says why. #}
{% macro standing_lines(usable) -%}
    {%- if 'line_id' in orders_mapping()['columns'] -%}
        {{ deduplicate(usable, 'order_id, line_id', 'load_id desc, line_number desc') }}
    {%- elif lines_have_content() -%}
    select *
    from (
        select
            counted.*,
            first_value(load_id) over (
                partition by order_id, line_content order by copies desc, load_id desc
            ) as standing_load
        from (
            select {{ usable }}.*, count(*) over (partition by order_id, line_content, load_id) as copies
            from {{ usable }}
        ) as counted
    ) as ranked
    where load_id = standing_load
    {%- else -%}
    select *
    from (
        select {{ usable }}.*, max(load_id) over (partition by order_id) as standing_load
        from {{ usable }}
    ) as ranked
    where load_id = standing_load
    {%- endif -%}
{%- endmacro %}

{# Whether lines have no line_id of their own. #}
{% macro lines_are_unnamed() %}
    {% do return(order_grain() == 'order_line' and 'line_id' not in orders_mapping()['columns']) %}
{% endmacro %}

{# Whether a line is known by its content: there is no line_id, and the latest load does not stand for an order anyway. #}
{% macro lines_have_content() %}
    {% do return(lines_are_unnamed() and lines_over_files() != 'latest') %}
{% endmacro %}

{# What the configs say of an order's lines that stand in several files where contents do not decide: `sum`, `latest`, or
   none, and then the gate stops. #}
{% macro lines_over_files() %}
    {% set way = orders_mapping().get('lines_over_files') %}
    {% if way not in [none, 'sum', 'latest'] %}
        {% do exceptions.raise_compiler_error("orders.yaml: lines_over_files: '" ~ way ~ "' is neither sum nor latest") %}
    {% endif %}
    {% do return(way) %}
{% endmacro %}
