{%- for name in (['orders'] + further_sources() if target.type == 'postgres' else []) %}
-- of {{ name }}
{{ make_expressions_of(name) }}
{%- endfor %}
