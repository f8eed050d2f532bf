{# A table in `stg` that is kept up to date: a build touches what belongs to new and superseded loads, in one transaction,
   and leaves the rest. kept_by: load, order or customer, see apply_changes. Built in full when there is no table, no
   record of what is in it, or the model or anything upstream has another definition, and with --full-refresh. #}
{% materialization kept, default %}
    {%- set kept_by = kept_setting('kept_by') -%}
    {%- if not kept_by -%}
        {%- do exceptions.raise_compiler_error("materialized='kept' needs to know by what: config(meta={'kept_by': ...}), load, order or customer") -%}
    {%- endif -%}
    {%- set state = table_state(kept_by, sql) -%}
    {%- set earlier = reusable_state(this, state) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if model.name == changes_come_from() -%}
        {%- do state.update({'generation': earlier.generation if earlier else invocation_id}) -%}
    {%- endif -%}
    {%- if earlier -%}
        {% call statement('main') -%}
            {{ apply_changes(kept_by, this, sql, earlier, state) }}
        {%- endcall %}
        {% do run_query('drop table if exists ' ~ staged_rows(this)) %}
    {%- else -%}
        {%- set intermediate = make_intermediate_relation(this).incorporate(type='table') -%}
        {%- do drop_relation_if_exists(load_cached_relation(intermediate)) -%}
        {% call statement('main') -%}
            {{ read_loads(ids_of(state.loads)) if kept_by == 'load' and not kept_setting('loads_from') }}
            {{ get_create_table_as_sql(False, intermediate, sql) }}
        {%- endcall %}
        {% do create_indexes(intermediate) %}
        {% do persist_docs(intermediate, dict(model, columns=columns_in(intermediate, model.columns))) %}
        {% do drop_relation_if_exists(load_cached_relation(this)) %}
        {% do adapter.rename_relation(intermediate, this) %}
    {%- endif -%}
    {% do give_grants(this) %}
    {% do run_query(record_table_state(this, state)) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{# The documented columns that a relation has: with available_at customer_purchases has others, of which dbt would warn. #}
{% macro columns_in(relation, documented) %}
    {% set found, names = {}, adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
    {% for name, column in documented.items() if name in names %}
        {% do found.update({name: column}) %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{# The config `grants` as dbt gives it. None is revoked, as dbt does in a table that it goes on with: who reads feats by `ready db grant`
   is not in the config. #}
{% macro give_grants(relation) %}
    {% do apply_grants(relation, config.get('grants'), should_revoke=false) %}
{% endmacro %}

{# Whether this model's SQL asks what is due. Where rules set rows aside a new row may decide over an old one; of order lines another
   one may set a whole order aside, and orders are summed again; what the grain leaves empty costs nothing in full. #}
{% macro asks_what_is_due() %}
    {#- Which rows there are then goes by another source, of which meta.order_changes knows nothing. -#}
    {% if model.name == 'customer_features' and spine_source() %}
        {% do return(false) %}
    {% endif %}
    {#- Nor of what the orders look up: a new state may move any of them. -#}
    {% if model.name in ['customer_purchases', 'customer_features'] and has_lookups('orders') %}
        {% do return(false) %}
    {% endif %}
    {% set names = [source_at_work() ~ '_parsed', 'customer_purchases', 'customer_features', 'customer_labels', 'customer_training_set'] %}
    {% set macros = {'key': ['source_events', 'source_states'], 'source': ['source_features'], 'join': ['joined_features']} %}
    {% set kept_by = kept_setting('kept_by') %}
    {% if kept_by in macros and not is_one_call(model, macros[kept_by]) or kept_by == 'source' and not is_journaled(source_at_work()) %}
        {% do return(false) %}
    {% elif kept_by in ['source', 'join'] %}
        {% do return(true) %}
    {% endif %}
    {% if not quarantine_tests() %}
        {% do names.extend(['order_lines'] if order_grain() == 'order_line' else [source_at_work() ~ '_rejected', changes_come_from(), 'orders']) %}
    {% endif %}
    {% do return(model.name in names) %}
{% endmacro %}

{# Whether meta.order_changes has what changes in NAME: not where SQL of one's own takes its place. #}
{% macro is_journaled(name) %}
    {% set node = graph.nodes['model.raw_to_ready.' ~ name] %}
    {% do return(node.config.materialized == 'kept' and own_meta(node).get('kept_by') == 'key') %}
{% endmacro %}

{# The state from which the table can be brought up to date, or none: then it is built in full. #}
{% macro reusable_state(relation, state) %}
    {% set existing = load_cached_relation(relation) %}
    {% if should_full_refresh() or not asks_what_is_due() or state.loads is none or existing is none or not existing.is_table %}
        {% do return(none) %}
    {% endif %}
    {% set earlier = recorded_state(relation) %}
    {% if earlier is none or earlier.definition_hash != state.definition_hash %}
        {% do return(none) %}
    {% elif goes_by_journal(kept_setting('kept_by')) and (earlier.generation is none or earlier.generation != state.generation) %}
        {% do return(none) %}
    {% elif kept_setting('kept_by') == 'label' and (earlier.data_end is none or state.data_end is none) %}
        {% do return(none) %}
    {% elif not tables_read_are_known(earlier) or (kept_setting('kept_by') in ['row', 'source', 'join'] and not contents_recorded(relation)) %}
        {% do return(none) %}
    {% endif %}
    {% do return(earlier) %}
{% endmacro %}

{# Whether the features that labels go by, both tables that a training set is joined of, and those that a source's features or a
   joined set are made of, have candidates that show their changes, since the very build that the table was made from. Of the latter
   one that is not built in this run has no changes. #}
{% macro tables_read_are_known(earlier) %}
    {% set read = {'label': ['customer_features'], 'row': ['customer_features', 'customer_labels']} %}
    {% set made_of = tables_made_of() %}
    {% if made_of and (earlier.made_of is none or earlier.made_of != builds_of(made_of)) %}
        {% do return(false) %}
    {% endif %}
    {% for name in made_of %}
        {% set candidate = current_candidate(relation_named(name)) %}
        {% if candidate and not candidate.is_view %}
            {% do return(false) %}
        {% endif %}
    {% endfor %}
    {% for name in read.get(kept_setting('kept_by'), []) %}
        {% set final = relation_named(name) %}
        {% set candidate = current_candidate(final) %}
        {% set published = recorded_state(final) %}
        {% if not candidate or not candidate.is_view or published is none or published.last_change != earlier.last_change
            or published.generation != earlier.generation %}
            {% do return(false) %}
        {% endif %}
    {% endfor %}
    {% do return(true) %}
{% endmacro %}
