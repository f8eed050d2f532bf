{# What is wrong with values by the default rules that judge each row by itself: a list of {column, says, condition}. A value
   that a test of configs/expectations.yaml counts is left to it, so that relaxing it there works.
   `settings`: those of the rule. #}
{% macro value_faults(rule, settings={}) %}
    {% set faults = [] %}
    {% if rule in ['typed_values', 'typed_amounts_and_times'] %}
        {% set canonical = rule == 'typed_amounts_and_times' %}
        {% for name in number_columns() + time_columns() if (name in canonical_columns()) == canonical and is_mapped(name) %}
            {% set kind = 'non-numeric value(s)' if name in number_columns() else 'invalid timestamp(s)' %}
            {% if not is_tested(name, ['valid_number', 'valid_timestamp']) %}
                {% do faults.append(value_fault(name, 'has {n} ' ~ kind, name ~ ' is null and ' ~ name ~ '_raw is not null')) %}
            {% endif %}
        {% endfor %}
    {% elif rule == 'blank_status' and is_mapped('status') and not is_tested('status', null_rules()) %}
        {% do faults.append(value_fault('status', 'has {n} null(s), which are no purchases', 'status is null')) %}
    {% elif rule == 'blank_currency' and is_mapped('currency') and not is_tested('currency', null_rules()) %}
        {% set any = '(select 1 from ' ~ (relation_of('orders_parsed') if execute and 'nodes' in graph else 'orders_parsed') ~ ' where currency is not null)' %}
        {% set says = 'has {n} null(s), whose amounts are summed with those of the others' %}
        {% do faults.append(value_fault('currency', says, 'currency is null and amount is not null and exists ' ~ any)) %}
    {% elif rule == 'long_ids' %}
        {% for name in id_columns() %}
            {% set says = 'has {n} value(s) longer than ' ~ longest_id() ~ ' characters; is a quote left open there?' %}
            {% do faults.append(value_fault(name, says, is_long_id(name) ~ (' and not ' ~ expression_raised(name) if name in guarded_expressions() else ''))) %}
        {% endfor %}
    {% elif rule == 'marks_are_certain' %}
        {% set columns = orders_mapping().columns %}
        {% for name in number_columns() if is_mapped(name) and columns[name].get('column') and not columns[name].get('thousands') %}
            {% set says = 'has {n} value(s) whose mark may part thousands as well as decimals' %}
            {% do faults.append(value_fault(name, says, mark_is_uncertain(name, columns[name].get('decimal', '.')))) %}
        {% endfor %}
    {% elif rule == 'odd_ids' %}
        {% for name in id_columns() + (['line_id'] if is_mapped('line_id') else []) %}
            {% for kind in odd_ids(name) + (ids_of_guests() if name == 'customer_id' else []) %}
                {% do faults.append(value_fault(name, 'has {n} value(s) ' ~ kind.says, kind.condition)) %}
            {% endfor %}
        {% endfor %}
    {% elif rule == 'local_times_are_certain' %}
        {% set mapping = orders_mapping() %}
        {% for name in clocks_that_change() %}
            {% set zoned = zoned_time(name ~ '_raw', mapping['columns'][name]) %}
            {% set twice_or_never = '(' ~ safe_timestamp('zoned', 'later') ~ ') is not null and (' ~ safe_timestamp('zoned', 'invalid') ~ ') is null' %}
            {% do faults.append({
                'column': name ~ '_raw',
                'says': name ~ ' has {n} local time(s) that come twice or not at all as clocks change',
                'condition': name ~ '_raw is not null and ' ~ with_value('zoned', zoned, twice_or_never),
            }) %}
        {% endfor %}
    {% elif rule == 'expressions_give_values' %}
        {% for name in guarded_expressions() if name not in number_columns() + time_columns() %}
            {% do faults.append({
                'column': 'mapping_errors',
                'says': name ~ ' has {n} record(s) on which its expression fails',
                'condition': expression_raised(name),
            }) %}
        {% endfor %}
    {% elif rule == 'long_texts' %}
        {% set longest = settings.get('longest', 1000) %}
        {#- A status or currency has a rule on its values. The length in bytes is known without a look at the text. #}
        {% set others = id_columns() + number_columns() + time_columns() + ['status', 'currency'] %}
        {% for name in orders_mapping().columns if name not in others and is_mapped(name) %}
            {% set says = 'has {n} value(s) longer than ' ~ longest ~ ' characters; is a quote left open there?' %}
            {% do faults.append(value_fault(name, says, 'octet_length(' ~ name ~ ') > ' ~ longest ~ ' and length(' ~ name ~ ') > ' ~ longest)) %}
        {% endfor %}
    {% endif %}
    {% do return(faults) %}
{% endmacro %}

{# Ids that a program or a spreadsheet has made of others, or of none: {says, condition}. So several orders or customers become
   one, or one becomes two. #}
{% macro odd_ids(name) %}
    {% set ids = 'order or customer' if source_at_work() == 'orders' else 'id' %}
    {% set words = [] %}
    {% for word in ['nan', 'null', 'none', 'nil', 'n/a', 'undefined', '#n/a', '#ref!', '#value!', '#name?', '(null)', '(none)', '(blank)', '(not set)'] %}
        {% for spelling in [word, word | upper, word | capitalize, word.replace('nan', 'NaN')] %}
            {% do words.append(quote_literal(spelling)) %}
        {% endfor %}
    {% endfor %}
    {% set other_ids = '(select ' ~ name ~ ' from ' ~ sampled_rows() ~ ' where ' ~ name ~ ' is not null)' %}
    {% set unseen = '[\\u007f-\\u00a0\\u00ad\\u0300-\\u036f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u2064\\u3000\\ufeff]' %}
    {% do return([
        {
            'says': 'that say there is none, such as nan or #N/A, and count as one: null_words takes them',
            'condition': name ~ ' in (' ~ words | unique(true) | join(', ') ~ ')',
        },
        {
            'says': 'such as 1.23E+11, as spreadsheets write long numbers: several become one',
            'condition': name ~ " like '%+%' and " ~ matches(name, '^[0-9]+([.,][0-9]+)?[Ee][+][0-9]+$'),
        },
        {
            'says': 'such as 123.0, as programs write whole numbers beside missing ones: another file may have 123',
            'condition': name ~ " like '%.0' and " ~ matches(name, '^[0-9]+[.]0$'),
        },
        {
            'says': 'with characters that nobody sees, or accents apart from their letters: they look like others',
            'condition': 'octet_length(' ~ name ~ ') > length(' ~ name ~ ') and ' ~ matches(name, unseen),
        },
        {
            'says': 'that others have without zeros in front, as spreadsheets write them: one ' ~ ids ~ ' may be two',
            'condition': name ~ " like '0%' and trim(leading '0' from " ~ name ~ ") in " ~ other_ids,
        },
        {
            'says': 'that others have in lower case: one ' ~ ids ~ ' may be two',
            'condition': 'lower(' ~ name ~ ') <> ' ~ name ~ ' and lower(' ~ name ~ ') in ' ~ other_ids,
        },
    ]) %}
{% endmacro %}

{# What shops write where nobody has logged in. #}
{% macro ids_of_guests() %}
    {% do return([{
        'says': 'that stand for guests, and count as one customer: null_words takes them, nullif in an expression a number',
        'condition': "lower(customer_id) in ('0', '-1', 'guest', 'anonymous', 'unknown')",
    }]) %}
{% endmacro %}

{# A mark before three digits, where no number has it before fewer or more of them, behind a nought or behind four digits. #}
{% macro mark_is_uncertain(name, mark) -%}
    {%- set uncertain = '^[-+]?[1-9][0-9]{0,2}[' ~ mark ~ '][0-9]{3}$' -%}
    {{ name }} is not null and {{ matches(name ~ '_raw', uncertain) }} and not exists (
        select 1 from {{ sampled_rows() }} where {{ name }} is not null and {{ name }}_raw like '%{{ mark }}%' and not ({{ matches(name ~ '_raw', uncertain) }})
    )
{%- endmacro %}

{# Whether a rule is one of these, and its test no more than its faults. #}
{% macro judges_values(node) %}
    {% set rules = ['typed_values', 'typed_amounts_and_times', 'expressions_give_values', 'long_ids', 'long_texts', 'blank_status', 'blank_currency'] %}
    {% do return(
        node.name in rules and is_default_rule(node) and not (node.name[:6] == 'blank_' and first_line_decides(node.name[6:]))
    ) %}
{% endmacro %}

{% macro value_fault(column, says, condition) %}
    {% do return({'column': column, 'says': column ~ ' ' ~ says, 'condition': condition}) %}
{% endmacro %}

{# The rows at fault, each with the column and the text of the report, in which {n} is their number. #}
{% macro rows_at_fault(relation, faults) -%}
    {%- for fault in faults -%}
    select parsed.*, {{ quote_literal(fault.column) }} as column_at_fault, {{ quote_literal(fault.says) }} as says
    from {{ relation }} as parsed
    where {{ fault.condition }}
    {{ 'union all ' if not loop.last }}
    {%- else -%}
    select parsed.*, '' as column_at_fault, '' as says
    from {{ relation }} as parsed
    where false
    {%- endfor -%}
{%- endmacro %}

{# Whether the file of expectations has one of these tests for a column. #}
{% macro is_tested(column, rules) %}
    {% for node in (tests_attached_to(gate_model_id()) if execute and 'nodes' in graph else []) %}
        {% if node.column_name == column and qualified_test_name(node) in rules %}
            {% do return(true) %}
        {% endif %}
    {% endfor %}
    {% do return(false) %}
{% endmacro %}
