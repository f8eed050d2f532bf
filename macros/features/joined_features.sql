{# For a model of its own: feature sets side by side, with the rows of the first one; what another does not have at a row's
   customer and time is null. The model is a feature set, with the versions, splits and lineage of all of them. #}
{% macro joined_features(sets) -%}
    {{- config(meta={'ready_feature_set': true, 'ready_joined': sets, 'ready_kept_by': 'join'}) -}}
    {%- if execute -%}
        {%- do require_different_columns(sets) -%}
    {%- endif -%}
    select *
    {%- for name in sets %}
    {{ 'from ' ~ ref(name) if loop.first else 'left join ' ~ ref(name) ~ ' using (customer_id, feature_time)' }}
    {%- endfor %}
    {{ 'left join ' ~ plan_relation('rows_due') ~ ' as rows_due using (customer_id, feature_time)' if builds_in_full() != 'true' }}
    {{ 'where ' ~ due_alone('rows_due.customer_id is not null') if builds_in_full() != 'true' }}
{%- endmacro %}

{% macro require_different_columns(sets) %}
    {% set owners = {} %}
    {% for name in sets %}
        {% for column in adapter.get_columns_in_relation(ref(name)) if column.name not in ['customer_id', 'feature_time'] %}
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
