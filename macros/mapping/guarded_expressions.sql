{# The expressions of configs/orders.yaml that may raise on a row, by column (and `rows`): {name: entry}. Such a row has null there,
   and says why in mapping_errors. #}
{% macro guarded_expressions() %}{% do return(adapter.dispatch('guarded_expressions')()) %}{% endmacro %}

{% macro postgres__guarded_expressions() %}
    {% set guarded = {} %}
    {% for name, entry in orders_expressions().items() if may_raise(entry.expression) %}
        {% do guarded.update({name: entry}) %}
    {% endfor %}
    {% do return(guarded) %}
{% endmacro %}

{# dbt-spark turns ANSI mode off: what would raise is null. #}
{% macro spark__guarded_expressions() %}{% do return({}) %}{% endmacro %}

{# Every expression of the mapping, and the filter under the name `rows`. #}
{% macro orders_expressions() %}
    {% set mapping = orders_mapping() %}
    {% set expressions = {} %}
    {% for name, entry in mapping['columns'].items() if entry.get('expression') %}
        {% do expressions.update({name: entry}) %}
    {% endfor %}
    {% if mapping.get('rows') %}
        {% do expressions.update({'rows': {'expression': mapping.rows}}) %}
    {% endif %}
    {% do return(expressions) %}
{% endmacro %}

{# SQL over orders_parsed: whether the column's expression raised on the row. #}
{% macro expression_raised(name) -%}
    {%- if name in guarded_expressions() -%}
    coalesce({{ matches('mapping_errors', '(^|\n)' ~ name ~ ': ') }}, false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}

{# SQL for what the expression gives on a row of raw events: [its value as text, why it raised]. #}
{% macro guarded_call(entry) %}{{ guard_name(entry) }}(payload, file_name, line_number, load_id){% endmacro %}

{# The name changes with the expression, so that the SQL of the models does. #}
{% macro guard_name(entry) %}{{ guard_schema() }}.{{ guard_prefix() }}{{ local_md5(guard_body(entry)) }}{% endmacro %}

{# Each source drops its own. #}
{% macro guard_prefix() %}{{ return('expression_' if source_at_work() == 'orders' else source_at_work() ~ '_expression_') }}{% endmacro %}

{% macro guard_schema() %}{{ return(generate_schema_name('stg', none) | trim) }}{% endmacro %}

{# Only what data can cause is caught: neither a fault of the expression itself nor of the machine. #}
{% macro guard_body(entry) -%}
#variable_conflict use_column
begin
    return array[{{ plain_text('(' ~ mapped_expression(entry) ~ '\n)') }}, null];
exception when data_exception or cardinality_violation or raise_exception then
    return array[null, left(regexp_replace(sqlerrm, '[[:space:]]+', ' ', 'g'), 200)];
end
{%- endmacro %}

{# A pre-hook of orders_parsed. Tries each expression on a row without values, so that a fault of its own is reported once and by
   name; makes the functions of those that are guarded, and drops those of earlier mappings. #}
{% macro prepare_expressions() %}{{ return(adapter.dispatch('prepare_expressions')()) }}{% endmacro %}
{% macro spark__prepare_expressions() %}{% endmacro %}

{% macro postgres__prepare_expressions() -%}
    {{ make_expressions() }}
    {%- set names = [] -%}
    {%- for entry in guarded_expressions().values() -%}
    {%- do names.append(quote_literal(guard_name(entry).split('.')[1])) -%}
    {%- endfor %}
    do {{ quote_literal("declare guard regprocedure;
    begin
        for guard in
            select oid::regprocedure from pg_catalog.pg_proc
            where pronamespace = to_regnamespace(" ~ quote_literal(guard_schema()) ~ ") and proname ~ '^" ~ guard_prefix() ~ "[0-9a-f]{32}$'
            and proname <> all (array[" ~ names | join(', ') ~ "]::text[])
        loop
            execute format('drop function %s', guard);
        end loop;
    end") }}
{%- endmacro %}

{# The same of a source, for an analysis. #}
{% macro make_expressions_of(of_source) -%}
    {%- set before = work_as_model(of_source ~ '_parsed') -%}
    {%- set statements = make_expressions() -%}
    {%- do work_as(before) -%}
    {{ return(statements) }}
{%- endmacro %}

{# Tries each expression, and makes the functions of those that are guarded. A trial of the mapping (ready/lint/trial.py) runs
   it too. #}
{% macro make_expressions() -%}
    {%- for name, entry in orders_expressions().items() -%}
    {%- set try = 'select (' ~ mapped_expression(entry) ~ '\n) from (select cast(null as jsonb) as payload, cast(null as text) as file_name,'
        ~ ' cast(null as bigint) as line_number, cast(null as bigint) as load_id) as no_row' %}
    do {{ quote_literal("begin execute " ~ quote_literal(try) ~ ";
    exception
        when syntax_error_or_access_rule_violation or feature_not_supported then
            raise exception using errcode = sqlstate, message = sqlerrm || " ~ quote_literal(' in the expression of ' ~ name) ~ ";
        when data_exception or cardinality_violation or raise_exception then null;
    end") }};
    {%- if name in guarded_expressions() %}
    create or replace function {{ guard_name(entry) }}(payload jsonb, file_name text, line_number bigint, load_id bigint)
    returns text[] language plpgsql as {{ quote_literal(guard_body(entry)) }};
    {%- endif -%}
    {%- endfor %}
{%- endmacro %}
