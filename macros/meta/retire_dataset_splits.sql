{# A block that removes the split rows of a version's earlier build: those that this transaction has not written. Whoever
   owns the table deletes them; the builder, who does not, by the one way it has (see ready/postgres/grant.sql). #}
{% macro retire_dataset_splits(feature_set, version) -%}
    {%- set splits = source('meta', 'dataset_splits') -%}
    do $retire$
    begin
        if pg_has_role((select relowner from pg_class where oid = {{ quote_literal(splits) }}::regclass), 'usage') then
            delete from {{ splits }}
            where feature_set = {{ quote_literal(feature_set) }} and feature_version = {{ version }}
                and xmin <> pg_current_xact_id()::xid;
        else
            perform meta.retire_dataset_splits({{ quote_literal(meta_schema()) }}, {{ quote_literal(feature_set) }}, {{ version }});
        end if;
    end
    $retire$;
{%- endmacro %}
