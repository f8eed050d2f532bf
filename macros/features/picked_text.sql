{# An aggregate: the text of the newest (latest) or oldest (first) of the rows that `filter` lets in, or the text that most of
   them have (mode). Of texts that are as frequent the one with the newer row, of those of one instant the smallest in
   code-point order. Null without any. #}
{% macro picked_text(function, text, instant, filter) %}{{ return(adapter.dispatch('picked_text')(function, text, instant, filter)) }}{% endmacro %}

{# Aggregates in a subquery that name only columns from outside it belong to the query around it. #}
{% macro postgres__picked_text(function, text, instant, filter) -%}
    {%- if function == 'mode' -%}
        (
            select bought.value
            from unnest(array_agg({{ text }}) {{ filter }}, array_agg({{ instant }}) {{ filter }}) as bought (value, instant)
            group by bought.value
            order by count(*) desc, max(bought.instant) desc, bought.value collate "C"
            limit 1
        )
    {%- else -%}
        (array_agg({{ text }} order by {{ instant }}{{ ' desc' if function == 'latest' }}, {{ text }} collate "C") {{ filter }})[1]
    {%- endif -%}
{%- endmacro %}

{# The least of structs, whose fields are compared in their order. #}
{% macro spark__picked_text(function, text, instant, filter) -%}
    {%- if function == 'mode' -%}
        transform(
            array(collect_list(struct({{ text }} as value, unix_micros({{ instant }}) as at)) {{ filter }}),
            bought -> array_min(transform(array_distinct(bought.value), text -> struct(
                -size(filter(bought, one -> one.value = text)),
                -array_max(filter(bought, one -> one.value = text).at),
                text as value
            ))).value
        )[0]
    {%- else -%}
        min_by({{ text }}, struct({{ '-' if function == 'latest' }}unix_micros({{ instant }}), {{ text }})) {{ filter }}
    {%- endif -%}
{%- endmacro %}

{# Whether an aggregation gives a text of its column rather than a number. #}
{% macro picks_text(aggregation) %}{% do return(aggregation.function in functions_of_texts()) %}{% endmacro %}

{% macro functions_of_texts() %}{% do return(['latest', 'first', 'mode']) %}{% endmacro %}
