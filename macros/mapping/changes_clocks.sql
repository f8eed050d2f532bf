{# Whether a time zone has times that come twice or not at all: one of a fixed offset has none. #}
{% macro changes_clocks(timezone) %}
    {% do return(not modules.re.fullmatch('(Etc/)?(UTC|GMT|UCT|Zulu|Universal|Greenwich)([+-]?[0-9]+)?', timezone)) %}
{% endmacro %}
