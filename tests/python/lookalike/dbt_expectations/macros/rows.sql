{# Tests with the names and arguments of the published package. As there, those of rows return a verdict or a value and
   nothing of the row. #}
{% macro broken(model, expectation, row_condition=none) %}
with judged as (
    select {{ expectation }} as expectation
    from {{ model }}
    {{ 'where ' ~ row_condition if row_condition }}
)
select * from judged where not expectation
{% endmacro %}

{% macro joined(column_name, sign, patterns, all_of) %}
{%- set parts = [] -%}
{%- for pattern in patterns %}{% do parts.append(column_name ~ sign ~ "'" ~ pattern ~ "'") %}{% endfor -%}
({{ parts | join(' and ' if all_of else ' or ') }})
{%- endmacro %}

{% macro texts(values, quoted) -%}
{%- for value in values %}{{ ("'" ~ value ~ "'") if quoted else value }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% test expression_is_true(model, expression, test_condition="= true", group_by_columns=None, row_condition=None) %}
{%- if group_by_columns %}
select {{ group_by_columns | join(', ') }} from {{ model }} group by {{ group_by_columns | join(', ') }}
having not (({{ expression }}) {{ test_condition }})
{%- else %}
{{ dbt_expectations.broken(model, '((' ~ expression ~ ') ' ~ test_condition ~ ')', row_condition) }}
{%- endif %}
{% endtest %}

{% test expect_column_values_to_not_be_null(model, column_name, row_condition=None) %}
{{ dbt_expectations.broken(model, '(' ~ column_name ~ ' is not null)', row_condition) }}
{% endtest %}

{% test expect_column_values_to_be_between(model, column_name, min_value=None, max_value=None, row_condition=None, strictly=False) %}
{{ dbt_expectations.broken(model, '(' ~ column_name ~ ' >= ' ~ min_value ~ ')', row_condition) }}
{% endtest %}

{% test expect_column_values_to_be_in_set(model, column_name, value_set, quote_values=True, row_condition=None) %}
with all_values as (
    select {{ column_name }} as value_field from {{ model }} {{ 'where ' ~ row_condition if row_condition }}
)
select value_field from all_values
where value_field is null or value_field not in ({{ dbt_expectations.texts(value_set, quote_values) }})
{% endtest %}

{% test expect_column_values_to_match_regex(model, column_name, regex, row_condition=None, is_raw=False, flags="") %}
{{ dbt_expectations.broken(model, 'coalesce(' ~ column_name ~ " ~ '" ~ regex ~ "', false)", row_condition) }}
{% endtest %}

{% test expect_column_value_lengths_to_equal(model, column_name, value, row_condition=None) %}
{{ dbt_expectations.broken(model, '(length(' ~ column_name ~ ') = ' ~ value ~ ')', row_condition) }}
{% endtest %}

{% test expect_column_pair_values_to_be_equal(model, column_A, column_B, row_condition=None) %}
{{ dbt_expectations.broken(model, '(' ~ column_A ~ ' = ' ~ column_B ~ ')', row_condition) }}
{% endtest %}

{% test expect_column_pair_values_to_be_in_set(model, column_A, column_B, value_pairs_set, row_condition=None) %}
{%- set pairs = [] -%}
{%- for pair in value_pairs_set %}{% do pairs.append("('" ~ pair[0] ~ "', '" ~ pair[1] ~ "')") %}{% endfor -%}
{{ dbt_expectations.broken(model, '((' ~ column_A ~ ', ' ~ column_B ~ ') in (' ~ pairs | join(', ') ~ '))', row_condition) }}
{% endtest %}

{# Each row's number is that of a window, and the rows are read several times. #}
{% test expect_select_column_values_to_be_unique_within_record(
    model, column_list, quote_columns=False, ignore_row_if="all_values_are_missing", row_condition=None
) %}
with numbered as (select row_number() over () as row_number, {{ column_list | join(', ') }} from {{ model }}),
long as (
    {% for column in column_list -%}
    select row_number, coalesce({{ column }}, '') as value from numbered {{ 'union all' if not loop.last }}
    {% endfor %}
)
select row_number from long group by row_number having count(distinct value) < {{ column_list | length }}
{% endtest %}

{% test expect_column_values_to_match_like_pattern(model, column_name, like_pattern, row_condition=None) %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' like ', [like_pattern], true), row_condition) }}
{% endtest %}

{% test expect_column_values_to_not_match_like_pattern(model, column_name, like_pattern, row_condition=None) %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' not like ', [like_pattern], true), row_condition) }}
{% endtest %}

{% test expect_column_values_to_match_like_pattern_list(model, column_name, like_pattern_list, match_on="any", row_condition=None) %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' like ', like_pattern_list, match_on == 'all'), row_condition) }}
{% endtest %}

{% test expect_column_values_to_not_match_like_pattern_list(model, column_name, like_pattern_list, match_on="any", row_condition=None) %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' not like ', like_pattern_list, match_on == 'all'), row_condition) }}
{% endtest %}

{% test expect_column_values_to_match_regex_list(model, column_name, regex_list, match_on="any", row_condition=None, is_raw=False, flags="") %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' ~ ', regex_list, match_on == 'all'), row_condition) }}
{% endtest %}

{% test expect_column_values_to_not_match_regex_list(model, column_name, regex_list, match_on="any", row_condition=None, is_raw=False, flags="") %}
{{ dbt_expectations.broken(model, dbt_expectations.joined(column_name, ' !~ ', regex_list, match_on == 'all'), row_condition) }}
{% endtest %}

{% test expect_column_distinct_values_to_be_in_set(model, column_name, value_set, quote_values=True, row_condition=None) %}
select distinct {{ column_name }} as value_field from {{ model }}
where {{ column_name }} not in ({{ dbt_expectations.texts(value_set, quote_values) }})
{% endtest %}

{% test expect_column_values_to_have_consistent_casing(model, column_name, display_inconsistent_columns=False) %}
with counted as (
    select count(distinct {{ column_name }}) as spellings, count(distinct lower({{ column_name }})) as texts from {{ model }}
)
select * from counted where spellings <> texts
{% endtest %}

{% test expect_column_values_to_be_increasing(model, column_name, sort_column=None, strictly=True, row_condition=None, group_by=None, step=None) %}
select * from (
    select {{ column_name }} as value_field, lag({{ column_name }}) over (order by {{ sort_column or column_name }}) as before
    from {{ model }}
) as compared
where not value_field > before
{% endtest %}
