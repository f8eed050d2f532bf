{# `dbt run-operation` of `ready check-leakage`: puts the hashes that compiled texts would be recorded with into a table.
   texts: by node id. #}
{% macro keep_sql_hashes(hashes, texts) -%}
    {%- for node_id, found in texts.items() -%}
        {%- for text in found -%}
            {%- do run_query('insert into ' ~ hashes ~ ' values (' ~ quote_literal(node_id) ~ ", '" ~ local_md5(normalized_sql(text)) ~ "'); commit") -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
