{# The source whose events make the rows of customer_features, `every: visits` in features.yaml; none where the calendar or the orders do. #}
{% macro spine_source() %}
    {% set every = node_meta('customer_features').get('feature_times', {}).get('every') %}
    {% if every is none or every in instants_of_orders() %}
        {% do return(none) %}
    {% endif %}
    {% set events = [] %}
    {% for name in further_sources() if node_meta(name ~ '_mapped').get('kind', 'event') == 'event' %}
        {% do events.append(name) %}
    {% endfor %}
    {% do require_one_of('features.yaml: feature_times: every', every, instants_of_orders() + events) %}
    {% do return(every) %}
{% endmacro %}

{% macro instants_of_orders() %}{% do return(['day', 'week', 'month', 'order']) %}{% endmacro %}

{# Pre-hook of customer_features, that does nothing: dbt renders it once it has read features.yaml, so that a source that is named
   there is built before. #}
{% macro depend_on_spine_source() %}
    {% set every = own_meta(model).get('feature_times', {}).get('every') %}
    {% if not execute and every is not none and every not in instants_of_orders() %}
        {% do ref(every) %}
    {% endif %}
{% endmacro %}
