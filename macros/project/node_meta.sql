{# The settings in the meta of a model, as its yaml file in configs/ states them; empty while dbt parses. #}
{% macro node_meta(model_name) %}
    {#- A unit test has no graph. -#}
    {% if execute and 'nodes' in graph %}
        {% set node = graph.nodes.get('model.raw_to_ready.' ~ model_name) %}
        {% if node is none %}
            {% do exceptions.raise_compiler_error("no model named '" ~ model_name ~ "' in this project") %}
        {% endif %}
        {#- How a table is kept is no part of what it is. -#}
        {% do return(dict(own_meta(node) | dictsort | rejectattr(0, 'in', ['kept_by', 'loads_from']))) %}
    {% endif %}
    {% do return({}) %}
{% endmacro %}
