{# The SQL of a test that looks only at what a candidate changes: at the rows it adds for a rule that judges each row by
   itself, at the rows that share a key with these for a rule on the key. The other rows are published, so they have passed
   this very test: a table whose tests are not those of its recorded state is built in full. None where the test has to
   look at all rows: it reads other tables, lets some failures pass, or selects rows. #}
{% macro test_of_changes(node) %}
    {% do return(adapter.dispatch('test_of_changes')(node)) %}
{% endmacro %}

{% macro default__test_of_changes(node) %}
    {% do return(none) %}
{% endmacro %}

{% macro postgres__test_of_changes(node) %}
    {% set tested = graph.nodes.get(node.attached_node) %}
    {% if not tested or tested.config.materialized != 'published' or node.depends_on.nodes != [tested.unique_id] %}
        {% do return(none) %}
    {% endif %}
    {% set final = node_relation(tested) %}
    {% set candidate = standing_candidate(final) %}
    {% if not candidate or not candidate.is_view or not allows_no_failure(node.config) %}
        {% do return(none) %}
    {% elif qualified_test_name(node) in row_rules() %}
        {% do return(generic_test_sql(node, added_rows(final))) %}
    {% elif qualified_test_name(node) in key_rules()
        and node.test_metadata.kwargs.get('column_list', []) | sort == ['customer_id', 'feature_time'] %}
        {% do return(generic_test_sql(
            node,
            '(select * from ' ~ candidate ~ ' where (customer_id, feature_time) in (select customer_id, feature_time from '
            ~ added_rows(final) ~ ')) as rows_of_changed_keys'
        )) %}
    {% endif %}
    {% do return(none) %}
{% endmacro %}

{% macro allows_no_failure(config) %}
    {% set plain = config.severity | lower == 'error' and config.error_if == '!= 0' and config.warn_if == '!= 0' %}
    {% do return(
        plain and config.where is none and config.limit is none and not config.meta
        and not (config.store_failures or flags.STORE_FAILURES)
    ) %}
{% endmacro %}

{# What the tests of a model demand, for the state of its table. #}
{% macro tests_of(model_id) %}
    {% set tests = [] %}
    {% for node in graph.nodes.values() | sort(attribute='unique_id') %}
        {% if node.resource_type == 'test' and node.get('attached_node') == model_id %}
            {% set config = node.config %}
            {% do tests.append([node.unique_id, config.severity, config.where, config.error_if, config.meta]) %}
        {% endif %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}
