{# A bound of the default rule that calls this, from its `config: meta:`. ready lint reads the names of a rule's settings from
   these calls. #}
{% macro rule_setting(name, default) %}
    {% do return((config.get('meta') or {}).get(name, default)) %}
{% endmacro %}
