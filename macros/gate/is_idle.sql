{# Whether a default rule asks for what this mapping does not have: lines, or whole orders, clocks that change, expressions, columns
   of a type. Then it finds nothing, and nobody waits for its verdict: `ready` does not carry it out (ready/gate/idle_rules.py). #}
{% macro is_idle(node) %}
    {% if node.name in ['amounts_are_of_lines', 'lines_agree', 'lines_are_decided', 'one_value_per_order', 'orders_are_whole'] %}
        {% do return(order_grain() == 'order') %}
    {% elif node.name in ['files_agree', 'files_in_order', 'one_time_per_order', 'rows_agree'] %}
        {% do return(tracks_availability() or order_grain() == 'order_line') %}
    {% elif node.name in ['typed_values', 'expressions_give_values'] %}
        {% do return(value_faults(node.name) | length == 0) %}
    {% elif node.name == 'records_come_once' %}
        {% do return(not id_names_place()) %}
    {% elif node.name == 'blank_currency' %}
        {% do return(not is_mapped('currency')) %}
    {% elif node.name == 'rows_are_judged' %}
        {% do return(not filter_negates()) %}
    {% elif node.name == 'local_times_are_certain' %}
        {% do return(clocks_that_change() | length == 0) %}
    {% endif %}
    {% do return(false) %}
{% endmacro %}

{# The columns whose local times may come twice or not at all. #}
{% macro clocks_that_change() %}
    {% set mapping = orders_mapping() %}
    {% set names = [] %}
    {% for name in time_columns() if has_its_text(mapping['columns'][name]) and changes_clocks(mapping['columns'][name].get('timezone', mapping.timezone)) %}
        {% do names.append(name) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{# Whether NAME_raw of a time is the text that is parsed: of a column, or of several with a blank between, as date and time are. #}
{% macro has_its_text(entry) %}
    {% set column, blank = '\\s*"[^"]+"\\s*', "\\s*' '\\s*" %}
    {% set joined = column ~ '([|][|]' ~ blank ~ '[|][|]' ~ column ~ ')*|\\s*concat_ws\\(' ~ blank ~ '(,' ~ column ~ ')+\\)\\s*' %}
    {% do return(entry.get('column') or modules.re.fullmatch(joined, entry.get('expression', '')) is not none) %}
{% endmacro %}
