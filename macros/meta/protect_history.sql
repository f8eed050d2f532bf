{# Part of create_meta_tables: what the history tables hold can only be added to. Where `ready db grant` has made the roles,
   they are also given to ready_owner, so that dbt itself cannot take anything back. Scratch builds keep no history. #}
{% macro protect_history() %}{{ return(adapter.dispatch('protect_history')()) }}{% endmacro %}

{% macro postgres__protect_history() -%}
    {%- set meta = meta_schema() -%}
    {%- if not is_scratch_schema() %}
    do $protect$
    declare
        kept text[] := array[
            'feature_registry', 'dataset_split_summary', 'dataset_label_summary', 'feature_profiles', 'model_sql',
            'validation_results', 'dataset_builds'
        ];
        unprotected regclass;
    begin
        for unprotected in
            select oid from pg_class
            where relnamespace = to_regnamespace({{ quote_literal(adapter.quote(meta)) }})
                and relname = any(kept) and pg_has_role(relowner, 'usage')
                and not exists (select from pg_trigger where tgrelid = pg_class.oid and tgname = 'immutable')
        loop
            execute format(
                'create trigger immutable before update or delete or truncate on %s
                    for each statement execute function raw.refuse_change()',
                unprotected
            );
        end loop;
        {#- The function alone may have come with a backup from elsewhere. #}
        if to_regprocedure('meta.hand_over_history(text, text[])') is not null and to_regrole('ready_owner') is not null then
            perform meta.hand_over_history({{ quote_literal(meta) }}, kept || array['dataset_splits']);
        end if;
    end
    $protect$
    {%- endif %}
{%- endmacro %}
