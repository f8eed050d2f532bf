{# A value of any type as text, numbers without an exponent. #}
{% macro plain_text(expression) %}{{ return(adapter.dispatch('plain_text')(expression)) }}{% endmacro %}
{% macro postgres__plain_text(expression) %}cast({{ expression }} as {{ type_string() }}){% endmacro %}

{# Outside ANSI mode, which dbt-spark turns off, a nought with many decimals becomes 0E-12. Instants are shown in the session's
   zone, UTC, without saying so. #}
{% macro spark__plain_text(expression) -%}
    transform(array({{ expression }}), x -> case
        when typeof(x) like 'decimal%' then regexp_replace(cast(x as string), '^0E-[0-9]+$', '0')
        when typeof(x) = 'timestamp' then concat(cast(x as string), '+00')
        else cast(x as string)
    end)[0]
{%- endmacro %}
