{# Part of each transaction that changes what builds remember: fails it when another build has begun meanwhile, and lets none
   begin until it has ended. So a build never goes by a state that another has changed since. #}
{% macro require_build() %}{{ return(adapter.dispatch('require_build')()) }}{% endmacro %}
{% macro default__require_build() %}{% endmacro %}

{% macro postgres__require_build() -%}
    {%- if execute -%}
    do $require$
    begin
        perform from {{ meta_schema() }}.build_at_work
        where invocation_id = '{{ invocation_id }}'
        for share;
        if not found then
            raise exception 'another build has begun on this database: this one changes nothing any more. Run it again.';
        end if;
    end
    $require$
    {%- endif -%}
{%- endmacro %}

{# on-run-end, last. #}
{% macro end_build() %}{{ return(adapter.dispatch('end_build')()) }}{% endmacro %}
{% macro default__end_build() %}{% endmacro %}

{% macro postgres__end_build() -%}
    {%- if execute and flags.WHICH != 'freshness' -%}
    delete from {{ meta_schema() }}.build_at_work where invocation_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
