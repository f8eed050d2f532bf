{# The SQL of a test of what a candidate changes alone. A rule on rows reads the rows that are added, a rule on a key the rows that
   share a key with these, and a comparison of row counts how many rows come and go. The other rows are published, so they have
   passed this very test: a table whose tests are not those of its recorded state is built in full. None where the test has to
   look at all rows: it reads a table that does not show its changes, lets some failures pass, or selects rows. #}
{% macro test_of_changes(node) %}{% do return(adapter.dispatch('test_of_changes')(node)) %}{% endmacro %}
{% macro default__test_of_changes(node) %}{% do return(none) %}{% endmacro %}

{% macro postgres__test_of_changes(node) %}
    {% set tables = tables_with_changes(node.depends_on.nodes) %}
    {% set rule = qualified_test_name(node) %}
    {% set arguments = node.get('test_metadata', {}).get('kwargs', {}) %}
    {% if not tables or not allows_no_failure(node) or node.attached_node not in tables %}
        {% do return(none) %}
    {% endif %}
    {% set final = tables.pop(node.attached_node) %}
    {% if rule in row_rules() and not tables %}
        {% do return(generic_test_sql(node, added_rows(final))) %}
    {% elif rule in key_rules() and not tables and arguments.get('column_list', []) | sort == ['customer_id', 'feature_time'] %}
        {% do return(generic_test_sql(node, rows_of_keys(final, rows_gained_by(final, 'customer_id, feature_time')))) %}
    {% elif rule == 'dbt_expectations.expect_table_row_count_to_equal_other_table' and tables and arguments.keys() | sort == ['compare_model', 'model'] %}
        {% do return(
            'select * from (select ' ~ rows_gained(final) ~ ' as rows_gained, ' ~ rows_gained(tables.values() | first)
            ~ ' as rows_gained_by_other) as counted where rows_gained <> rows_gained_by_other'
        ) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{# Model id -> published table, if all of these models have candidates that are changes of it; else none. #}
{% macro tables_with_changes(model_ids) %}
    {% set tables = {} %}
    {% for model_id in model_ids %}
        {% set final = node_relation(graph.nodes[model_id]) if model_id in graph.nodes else none %}
        {% set candidate = current_candidate(final) if final else none %}
        {% if not candidate or not candidate.is_view %}
            {% do return(none) %}
        {% endif %}
        {% do tables.update({model_id: final}) %}
    {% endfor %}
    {% do return(tables) %}
{% endmacro %}

{# What a candidate adds and does not remove, by these columns. Rows are removed by their key, so of other keys no published row
   is left. #}
{% macro rows_gained_by(final, columns) -%}
    (
        select {{ columns }} from {{ added_rows(final) }}
        except
        select {{ columns }} from {{ removed_rows(final) }}
    ) as rows_gained
{%- endmacro %}

{% macro rows_gained(final) -%}
    (select count(*) from {{ added_rows(final) }}) - (select count(*) from {{ removed_rows(final) }})
{%- endmacro %}

{% macro allows_no_failure(node) %}
    {% set config = node.config %}
    {% set plain = config.severity | lower == 'error' and config.error_if == '!= 0' and config.warn_if == '!= 0' %}
    {% do return(
        plain and config.where is none and config.limit is none and not own_meta(node)
        and not (config.store_failures or flags.STORE_FAILURES)
    ) %}
{% endmacro %}

{# What the tests of a model demand, for the state of its table. #}
{% macro tests_of(model_id) %}
    {% set tests = [] %}
    {% for node in tests_attached_to(model_id) | sort(attribute='unique_id') %}
        {% set config = node.config %}
        {% do tests.append([node.unique_id, config.severity, config.where, config.error_if, own_meta(node)]) %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}

{# The rows of a candidate that have one of these keys, and all that it adds; found by the index of the published table. #}
{% macro rows_of_keys(published, keys) -%}
    (
        select kept.* from {{ published }} as kept
        where (kept.customer_id, kept.feature_time) in (select customer_id, feature_time from {{ keys }})
            and not exists (select from {{ removed_places(published) }} as removed where removed.row_id = kept.ctid)
        union all
        select * from {{ added_rows(published) }}
    ) as rows_of_keys
{%- endmacro %}
