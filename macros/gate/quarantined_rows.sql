{# The rules of the gate that set rows aside (`meta: {on_fail: quarantine}`), as manifest nodes; none while parsing. #}
{% macro quarantine_tests() %}
    {% set tests = [] %}
    {% for node in (gate_tests() if execute and 'nodes' in graph else []) if node.config.meta.get('on_fail') == 'quarantine' %}
        {% do tests.append(node) %}
    {% endfor %}
    {% do return(tests) %}
{% endmacro %}

{# A select of load_id, line_number and reason (the rule's name), one row for each record a rule sets aside.
   It is the test's own SQL, so a row is set aside exactly when the test counts it. #}
{% macro quarantined_rows(relation) -%}
    {%- for node in quarantine_tests() %}
    select load_id, line_number, {{ quote_literal(quarantine_reason(node)) }} as reason
    from {{ relation }}
    where {{ sets_aside(node, relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro quarantine_reason(node) %}
    {% do return((node.column_name ~ ': ' if node.column_name else '') ~ test_rule(node)) %}
{% endmacro %}

{# dbt's own three tests return values instead of rows; all others return the failing rows themselves. #}
{% macro sets_aside(node, relation) -%}
    {%- set test = node.test_metadata -%}
    {%- set where = node.config.where -%}
    {%- set within = '(' ~ where ~ ') and ' if where else '' -%}
    {%- if not test.namespace and test.name == 'not_null' -%}
        {{ within }}{{ node.column_name }} is null
    {%- elif not test.namespace and test.name == 'accepted_values' -%}
        {{ within }}cast({{ node.column_name }} as {{ type_string() }}) in (select cast(value_field as {{ type_string() }}) from ({{ test_sql(node, relation) }}) as failing)
    {%- elif not test.namespace and test.name == 'unique' -%}
        {{ within }}{{ node.column_name }} in (select unique_field from ({{ test_sql(node, relation) }}) as failing)
    {%- else -%}
        (load_id, line_number) in (select load_id, line_number from ({{ test_sql(node, relation) }}) as failing)
    {%- endif -%}
{%- endmacro %}

{# The SQL of a generic test on another relation. #}
{% macro test_sql(node, relation) -%}
    {%- set test = node.test_metadata -%}
    {%- set arguments = {} -%}
    {%- for name, value in test.kwargs.items() -%}
        {%- do arguments.update({name: referenced_relation(value)}) -%}
    {%- endfor -%}
    {%- set where = node.config.where -%}
    {%- do arguments.update({'model': '(select * from ' ~ relation ~ ' where ' ~ where ~ ') as checked' if where else relation}) -%}
    {%- set namespace = context[test.namespace] if test.namespace else context -%}
    {{ namespace['test_' ~ test.name](**arguments) }}
{%- endmacro %}

{# An argument such as ref('customers') as the name of that model's table. #}
{% macro referenced_relation(value) %}
    {% set name = modules.re.fullmatch("\\s*ref\\(\\s*['\"](\\w+)['\"]\\s*\\)\\s*", value) if value is string else none %}
    {% do return(relation_of(name.group(1)) if name else value) %}
{% endmacro %}
