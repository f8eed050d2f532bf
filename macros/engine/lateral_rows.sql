{# A join that gives each row of what is before it these rows, under `alias`. `rows`: lists of SQL, as long as `columns`;
   of those that are null the type must come from another row. #}
{% macro lateral_rows(alias, columns, rows) %}{{ return(adapter.dispatch('lateral_rows')(alias, columns, rows)) }}{% endmacro %}

{% macro postgres__lateral_rows(alias, columns, rows) -%}
    cross join lateral (
        values
        {%- for row in rows %}
        ({{ row | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as {{ alias }} ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__lateral_rows(alias, columns, rows) -%}
    cross join lateral (
        {%- for row in rows %}
        select
            {%- for value in row %}
            {{ value }} as {{ columns[loop.index0] }}{{ ',' if not loop.last }}
            {%- endfor %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as {{ alias }}
{%- endmacro %}
