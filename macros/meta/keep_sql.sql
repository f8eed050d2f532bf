{# A statement that keeps the text behind an sql_hash, for `ready registry diff`. Texts that differ only in
   comments and white space share their hash; the first one stays. Which table was read as a candidate is left out. #}
{% macro keep_sql(sql) -%}
    insert into {{ source('meta', 'model_sql') }} (sql_hash, sql)
    values ('{{ local_md5(normalized_sql(sql)) }}', {{ quote_literal((sql | trim).replace(candidate_name('') ~ '"', '"')) }})
    on conflict do nothing
{%- endmacro %}
