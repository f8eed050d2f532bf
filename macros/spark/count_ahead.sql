{# On Spark no test can count while the others wait. So the row rules of a model are counted in one scan before any of its tests
   runs: when it is built, or at the start of a run that only tests it. The counts are kept in dbt's graph and not in a table: the
   tests run in the same process, to read a table would cost each of them a statement, and tables only grow here. #}

{% macro spark__counted_together(node) %}
    {% do return(kept_counts().get((invocation_id, tested_model_id(node)), {}).get(node.name)) %}
{% endmacro %}

{# (Run, model id) -> test name -> count. #}
{% macro kept_counts() %}{% do return(graph.setdefault('kept_counts', {})) %}{% endmacro %}

{# `tested`: the model at work, whose rows are in `relation`. #}
{% macro count_ahead(tested, relation) %}
    {% set nodes = [] %}
    {% for node in (rules_counted_together(tested) if not flags.EMPTY else []) if not names_table(node) %}
        {% do nodes.append(node) %}
    {% endfor %}
    {% if nodes | length > 1 and can_catch() %}
        {% set counted = aggregates_of(tested, nodes) %}
        {% set found = fromjson(run_query(count_or_null(counted.aggregates, relation)).rows[0][0]) %}
        {% do log(tested.name ~ ': its rules cannot be counted in one scan, so each test counts by itself') if not found %}
        {% set counts = {} %}
        {% for name, place in counted.places.items() if found %}
            {% do counts.update({name: found[place]}) %}
        {% endfor %}
        {% do kept_counts().update({(invocation_id, tested.unique_id): counts}) %}
    {% endif %}
{% endmacro %}

{# Whether a test has ref() in an argument, which dbt reads for the test alone. #}
{% macro names_table(node) %}
    {% for name, value in node.get('test_metadata', {}).get('kwargs', {}).items() if name != 'model' and 'ref(' in value | string %}
        {% do return(true) %}
    {% endfor %}
    {% do return(false) %}
{% endmacro %}

{# If one condition cannot be evaluated, or is no SQL, the answer is null, and each test finds out by itself. #}
{% macro count_or_null(aggregates, relation) -%}
    {%- set scan = 'select to_json(array(' ~ aggregates | join(', ') ~ ')) from ' ~ relation -%}
    begin
        declare exit handler for sqlexception select 'null';
        execute immediate {{ quote_literal(scan) }};
    end
{%- endmacro %}

{# Whether a statement may catch what another raises: by default from Spark 4.1 on. #}
{% macro can_catch() %}{% do return(run_query('set spark.sql.scripting.enabled').rows[0][1] == 'true') %}{% endmacro %}

{# on-run-start, last: those of the models that this run tests and does not build. #}
{% macro count_before_tests() %}{{ return(adapter.dispatch('count_before_tests')()) }}{% endmacro %}
{% macro default__count_before_tests() %}{% endmacro %}

{% macro spark__count_before_tests() %}
    {% set ids = [] %}
    {% for node in (graph.nodes.values() if execute else []) if node.resource_type == 'test' and node.unique_id in selected_resources %}
        {% set id = tested_model_id(node) %}
        {% do ids.append(id) if id in graph.nodes and id not in ids + selected_resources %}
    {% endfor %}
    {% for id in ids %}
        {% set hook = work_as(graph.nodes[id]) %}
        {% do count_ahead(graph.nodes[id], tested_relation(graph.nodes[id])) %}
        {% do work_as(hook) %}
    {% endfor %}
{% endmacro %}
