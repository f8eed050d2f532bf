{# One aggregate over the rows for which `condition` holds. No rows: counts and sums are 0, the others null. #}
{% macro aggregate(function, column, condition) -%}
    {%- if function == 'count' -%}
        count(*) filter (where {{ condition }})
    {%- elif function == 'sum' -%}
        cast(coalesce(sum({{ column }}) filter (where {{ condition }}), 0) as {{ type_amount() }})
    {%- elif function == 'avg' -%}
        {{ exact_average('sum(' ~ column ~ ') filter (where ' ~ condition ~ ')', 'count(*) filter (where ' ~ condition ~ ')') }}
    {%- else -%}
        cast({{ function }}({{ column }}) filter (where {{ condition }}) as {{ type_amount() }})
    {%- endif -%}
{%- endmacro %}

{# The data type of an aggregate's column. #}
{% macro aggregate_type(function) -%}
    {{ 'bigint' if function == 'count' else type_amount() }}
{%- endmacro %}

{# Sums and extremes of amounts: as many decimals as safe_number lets in. #}
{% macro type_amount() -%}
    numeric(38, 6)
{%- endmacro %}
