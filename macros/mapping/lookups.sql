{# The look-ups of the source at work, each complete: {name, from, key, column, key_of_states, is_number}. `key`: the column of the
   events that has the key of the states; `column`: that of the states, called as the look-up unless it says otherwise. #}
{% macro lookups() %}
    {% set complete = [] %}
    {% for name, entry in mapped_lookups(source_at_work()).items() %}
        {% set states, column = node_meta(entry.from ~ '_mapped'), entry.get('column', name) %}
        {% set given = states.get('columns', {}).get(column) %}
        {% do complete.append({
            'name': name, 'from': entry.from, 'key': entry.key, 'column': column,
            'key_of_states': states.get('key', 'customer_id'),
            'is_number': given is mapping and given.get('type') == 'number',
        }) %}
    {% endfor %}
    {% do return(complete) %}
{% endmacro %}

{# The names of those that are numbers. #}
{% macro looked_up_numbers() %}{% do return(lookups() | selectattr('is_number') | map(attribute='name') | list) %}{% endmacro %}
