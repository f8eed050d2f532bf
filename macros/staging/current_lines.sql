{# A select of the current order lines, from usable rows of orders_parsed, each line once however often it was delivered.
   With line_id a line is the same where order_id and line_id are: the latest load wins, within it the last line. Without,
   a line is its content: one that a file has twice is two lines, one that two files have is the same line, so each content
   counts as often as in the load that has it most often (of several the latest). `lines_over_files: latest`: the lines of an
   order's latest load are current. docs/decisions/0010-order-lines.md says why. #}
{% macro current_lines(usable) -%}
    {%- if 'line_id' in orders_mapping()['columns'] -%}
        {{ deduplicate(usable, 'order_id, line_id', 'load_id desc, line_number desc') }}
    {%- elif lines_over_files() != 'latest' -%}
    {%- set content = contents_of_line() | map(attribute='value') | join(', ') -%}
    select *
    from (
        select
            counted.*,
            first_value(load_id) over (
                partition by order_id, {{ content }} order by copies desc, load_id desc
            ) as current_load
        from (
            select {{ usable }}.*, count(*) over (partition by order_id, {{ content }}, load_id) as copies
            from {{ usable }}
        ) as counted
    ) as ranked
    where load_id = current_load
    {%- else -%}
    select *
    from (
        select {{ usable }}.*, max(load_id) over (partition by order_id) as current_load
        from {{ usable }}
    ) as ranked
    where load_id = current_load
    {%- endif -%}
{%- endmacro %}

{# What makes the content of a line: what it says itself in each mapped column, numbers as numbers and times as instants; of what
   is no value the text. A list of {value: SQL, reads: the CSV columns}. #}
{% macro contents_of_line() %}
    {% set contents = [] %}
    {% for name, entry in orders_mapping()['columns'].items() if name != 'order_id' %}
        {% set reads = [entry.column] if entry.get('column') else csv_columns_in(entry.get('expression', '')) %}
        {% do contents.append({'value': value_of_line(name), 'reads': reads}) %}
        {% if name in guarded_expressions() or (name in number_columns() and name != 'amount') %}
            {% do contents.append({'value': 'case when ' ~ name ~ ' is null then ' ~ name ~ '_raw end', 'reads': reads}) %}
        {% endif %}
    {% endfor %}
    {% do return(contents) %}
{% endmacro %}

{# Whether lines have no line_id of their own. #}
{% macro lines_are_unnamed() %}
    {% do return(order_grain() == 'order_line' and 'line_id' not in orders_mapping()['columns']) %}
{% endmacro %}

{# What the configs say of an order's lines that are in several files where contents do not decide: `sum`, `latest`, or
   none, and then the gate stops. #}
{% macro lines_over_files() %}
    {% set way = orders_mapping().get('lines_over_files') %}
    {% do require_one_of('orders.yaml: lines_over_files', way, ['sum', 'latest']) if way is not none %}
    {% do return(way) %}
{% endmacro %}
