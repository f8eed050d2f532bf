{# The quoted name of a model's table, for hooks: a ref() there would have to be known before the graph is. #}
{% macro relation_of(model_name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ model_name].relation_name) }}
{%- endmacro %}
