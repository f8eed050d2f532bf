{# Tests with the names and arguments of dbt_utils. As there, most return less than the row. #}
{% test expression_is_true(model, expression, column_name=None) %}
select 1 from {{ model }} where not ({{ column_name or '' }} {{ expression }})
{% endtest %}

{% test accepted_range(model, column_name, min_value=None, max_value=None, inclusive=true) %}
with rows_to_check as (select * from {{ model }})
select * from rows_to_check where not {{ column_name }} <{{ '=' if inclusive }} {{ max_value }}
{% endtest %}

{% test not_accepted_values(model, column_name, values, quote=True) %}
select distinct {{ column_name }} as value_field from {{ model }}
where {{ column_name }} in ('{{ values | join("', '") }}')
{% endtest %}

{% test not_empty_string(model, column_name, trim_whitespace=true) %}
with trimmed as (select trim({{ column_name }}) as {{ column_name }} from {{ model }})
select * from trimmed where {{ column_name }} = ''
{% endtest %}

{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
select {{ combination_of_columns | join(', ') }} from {{ model }}
group by {{ combination_of_columns | join(', ') }} having count(*) > 1
{% endtest %}

{% test relationships_where(model, column_name, to, field, from_condition="1=1", to_condition="1=1") %}
with known as (select {{ field }} as id from {{ to }} where {{ to_condition }}),
given as (select {{ column_name }} as id from {{ model }} where {{ from_condition }})
select given.id, known.id as right_id from given left join known on known.id = given.id
where given.id is not null and known.id is null
{% endtest %}

{% test not_null_proportion(model, column_name, at_least=0, at_most=1.0, group_by_columns=[]) %}
select share from (select count({{ column_name }})::numeric / count(*) as share from {{ model }}) as measured
where share not between {{ at_least }} and {{ at_most }}
{% endtest %}

{% test not_constant(model, column_name, group_by_columns=[]) %}
select count(distinct {{ column_name }}) as distinct_values from {{ model }} having count(distinct {{ column_name }}) = 1
{% endtest %}

{% test equal_rowcount(model, compare_model, group_by_columns=[]) %}
select count_a, count_b from (
    select (select count(*) from {{ model }}) as count_a, (select count(*) from {{ compare_model }}) as count_b
) as counted
where count_a <> count_b
{% endtest %}
