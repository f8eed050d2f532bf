{# One aggregation over the rows for which `condition` holds. `rows` is the alias that has its columns. `window`: the instants
   {since, until} where it begins, none for the whole past, and ends. No rows: counts and sums are 0, the others null. #}
{% macro aggregate(aggregation, rows, condition, window={}) -%}
    {%- set column = rows ~ '.' ~ aggregated_column(aggregation, aggregation.column) -%}
    {%- set by = rows ~ '.' ~ aggregated_column(aggregation, aggregation.get('by')) -%}
    {%- set value = '' if aggregation.get('value') is none else ' and ' ~ by ~ ' = ' ~ category_literal(aggregation.value) -%}
    {%- set order = counts_for_order(aggregation, rows, window) -%}
    {%- set filled = ' and ' ~ column ~ ' is not null' if picks_text(aggregation) or aggregation.level else '' -%}
    {%- set filter = 'filter (where ' ~ condition ~ value ~ (' and ' ~ order if order else '') ~ filled ~ ')' -%}
    {%- if aggregation.function == 'count' -%}
        count(*) {{ filter }}
    {%- elif aggregation.function == 'no_purchase' -%}
        count(*) {{ filter }} = 0
    {%- elif aggregation.function == 'count_distinct' -%}
        count(distinct {{ column }}) {{ filter }}
    {%- elif aggregation.function == 'sum' -%}
        cast(coalesce(sum({{ column }}) {{ filter }}, 0) as {{ type_amount() }})
    {%- elif aggregation.function == 'avg' -%}
        {{ exact_average('sum(' ~ column ~ ') ' ~ filter, 'count(' ~ column ~ ') ' ~ filter) }}
    {%- elif aggregation.function == 'stddev' -%}
        {#- Squares of integers would overflow. -#}
        {%- set number = squarable(column) -%}
        {{ exact_stddev('sum(' ~ number ~ ') ' ~ filter, 'sum(' ~ squared(number) ~ ') ' ~ filter, 'count(' ~ column ~ ') ' ~ filter) }}
    {%- elif aggregation.level -%}
        {{ exact_quantile(column, aggregation.level, filter) }}
    {%- elif picks_text(aggregation) -%}
        {#- customer_purchases has short texts already. -#}
        {%- set text = column if source_at_work() == 'orders' else short_text(column) -%}
        {{ picked_text(aggregation.function, text, rows ~ '.' ~ time_of_rows(), filter) }}
    {%- else -%}
        cast({{ aggregation.function }}({{ column }}) {{ filter }} as {{ type_amount() }})
    {%- endif -%}
{%- endmacro %}

{# A category as customer_purchases has it; a source has texts in full. #}
{% macro category_literal(value) -%}
    {%- set literal = quote_literal(value) -%}
    {{ return(short_text(literal) if source_at_work() == 'orders' and (value | string).encode('utf-8') | length > longest_short_text() else literal) }}
{%- endmacro %}

{# The data type of an aggregation's column. #}
{% macro aggregate_type(function) -%}
    {%- if function in ['count', 'count_distinct'] -%} bigint
    {%- elif function == 'no_purchase' -%} boolean
    {%- else -%} {{ type_amount() }}
    {%- endif -%}
{%- endmacro %}

{# Sums and extremes of amounts: as many decimals as safe_number lets in. #}
{% macro type_amount() %}numeric(38, 6){% endmacro %}
