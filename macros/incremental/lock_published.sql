{# First in the transaction that publishes: the lock on every table that it replaces. #}
{% macro lock_published(nodes) -%}
    {#- A candidate that is a view replaces none. -#}
    {%- set tables = [] -%}
    {%- for node in nodes -%}
        {%- set candidate, published = current_candidate(node_relation(node)), load_cached_relation(node_relation(node)) -%}
        {%- if not candidate.is_view -%}
            {%- do tables.extend([candidate, published] if published and published.is_table else [candidate]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if tables %}
    {{ with_all_locks('lock table ' ~ tables | join(', ') ~ ' in access exclusive mode') }}
    {%- endif %}
{%- endmacro %}

{# Statements with all locks that they take, or none, so that a reader who has one of the tables and waits for another gets
   through. The waits grow, and in between other readers are let in. #}
{% macro with_all_locks(statements) %}
    do $lock$
    declare
        patience integer := 500;
        usual text := current_setting('lock_timeout');
    begin
        loop
            begin
                perform set_config('lock_timeout', patience || 'ms', true);
                {{ statements }};
                exit;
            exception when lock_not_available or deadlock_detected then
                patience := least(2 * patience, 30000);
                perform pg_sleep(0.1);
            end;
        end loop;
        perform set_config('lock_timeout', usual, true);
    end
    $lock$;
{%- endmacro %}
