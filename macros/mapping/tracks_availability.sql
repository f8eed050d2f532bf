{# Whether the files say since when each state of an order was known (available_at in the mapping). Then features
   see each order in the state it had by feature_time; without it, in its latest one. #}
{% macro tracks_availability() %}
    {% do return(node_meta(source_at_work() ~ '_mapped').get('columns', {}).get('available_at') is not none) %}
{% endmacro %}
