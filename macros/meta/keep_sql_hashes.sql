{# `dbt run-operation` of `ready check-leakage`: puts the hashes that compiled texts would be recorded with into a table.
   texts: by node id. #}
{% macro keep_sql_hashes(hashes, texts) -%}
    {%- set rows = [] -%}
    {%- for node_id, found in texts.items() -%}
        {%- for text in found -%}
            {%- do rows.append('(' ~ quote_literal(node_id) ~ ", '" ~ local_md5(normalized_sql(text)) ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if rows -%}
        {%- do run_query('insert into ' ~ hashes ~ ' values ' ~ rows | join(', ') ~ ('; commit' if target.type == 'postgres' else '')) -%}
    {%- endif -%}
{%- endmacro %}
