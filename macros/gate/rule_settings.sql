{# What a default rule's `config: meta:` sets; none where the rule is switched off. For models that go by its bounds: while
   parsing it is on, so that dbt learns all that they read. #}
{% macro rule_settings(rule) %}
    {% if not execute or 'nodes' not in graph %}
        {% do return({}) %}
    {% endif %}
    {% for node in default_rules() if node.name == rule %}
        {% do return(node.config.meta) %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}
