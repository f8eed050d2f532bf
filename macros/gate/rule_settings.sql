{# What configs/expectations.yaml, or the file of a source, says of a rule that is on by default: severity, enabled, max_failures,
   max_share, and bounds of its own. It is in the meta of orders_parsed or NAME_parsed, and not in a config of the test itself,
   which dbt's partial parsing loses as soon as the model changes. #}
{% macro rule_entry(rule, of_source='orders') %}
    {% do return((node_meta(of_source ~ '_parsed').get('default_rules') or {}).get(rule) or {}) %}
{% endmacro %}

{# The same of the source at work, for what uses the rule's bounds; none where it is switched off. #}
{% macro rule_settings(rule) %}
    {% set entry = rule_entry(rule, source_at_work()) %}
    {% do return(none if entry.get('enabled') is false else entry) %}
{% endmacro %}

{# A bound of the rule that calls this. ready lint reads the names of a rule's settings from these calls. #}
{% macro rule_setting(name, default) %}{% do return(rule_entry(model.name).get(name, default)) %}{% endmacro %}

{# error, or warn: what expectations.yaml says, else what dbt_project.yml says of this rule. #}
{% macro rule_severity(node) %}
    {% do return(rule_entry(node.name).get('severity') or own_meta(node).get('severity') or 'error') %}
{% endmacro %}
