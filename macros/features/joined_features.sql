{# For a model of its own: feature sets side by side, with the rows of the first one; what another does not have at a row's
   customer and time is null. The model is a feature set, with the versions, splits and lineage of all of them. #}
{% macro joined_features(sets) -%}
    {{- config(meta={'ready': {'feature_set': true, 'joined': sets}}) -}}
    {%- set relations = [] -%}
    {%- for name in sets -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- if execute -%}
        {%- do require_different_columns(sets, relations) -%}
    {%- endif -%}
    select *
    from {{ relations[0] }}
    {%- for relation in relations[1:] %}
    left join {{ relation }} using (customer_id, feature_time)
    {%- endfor %}
{%- endmacro %}

{% macro require_different_columns(sets, relations) %}
    {% set owners = {} %}
    {% for name in sets %}
        {% for column in adapter.get_columns_in_relation(relations[sets.index(name)]) if column.name not in ['customer_id', 'feature_time'] %}
            {% if column.name in owners %}
                {% do exceptions.raise_compiler_error(
                    'joined_features: ' ~ owners[column.name] ~ ' and ' ~ name ~ ' both have a column ' ~ column.name
                    ~ ': give it another name in one of them'
                ) %}
            {% endif %}
            {% do owners.update({column.name: name}) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
