{# The SQL of a generic test on other rows: `checked` is what follows FROM. #}
{% macro generic_test_sql(node, checked) -%}
    {%- set test = node.test_metadata -%}
    {%- set arguments = {} -%}
    {%- for name, value in test.kwargs.items() if name != 'model' -%}
        {%- do arguments.update({name: rendered_argument(value)}) -%}
    {%- endfor -%}
    {%- do arguments.update({'model': checked}) -%}
    {%- set namespace = context[test.namespace] if test.namespace else context -%}
    {{ namespace['test_' ~ test.name](**arguments) }}
{%- endmacro %}

{# An argument such as ref('customers') as the name of that model's table; other Jinja by its value. #}
{% macro rendered_argument(value) %}
    {% if value is not string %}
        {% do return(value) %}
    {% endif %}
    {% set name = modules.re.fullmatch("\\s*ref\\(\\s*['\"](\\w+)['\"]\\s*\\)\\s*", value) %}
    {% if name %}
        {% do return(relation_of(name.group(1))) %}
    {% elif modules.re.fullmatch("\\s*(source|var|env_var)\\s*\\(.+\\)\\s*", value) %}
        {% do return(render('{{ ' ~ value ~ ' }}')) %}
    {% endif %}
    {% do return(render(value) if '{{' in value else value) %}
{% endmacro %}
