{# A hash of a JSON object as json_object gives it: equal where names and texts are, in whatever order they are. #}
{% macro json_hash(json) %}{{ return(adapter.dispatch('json_hash')(json)) }}{% endmacro %}
{% macro postgres__json_hash(json) %}md5(cast({{ json }} as {{ type_string() }})){% endmacro %}
{% macro spark__json_hash(json) %}md5(to_json(array_sort(map_entries({{ json }})))){% endmacro %}
