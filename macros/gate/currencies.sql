
{# The CSV columns whose text the amount's expression takes apart, and a sign in it with it. number() reads one currency alone, and
   a case may keep several apart. #}
{% macro amount_texts() %}
    {% set parts = modules.re.split(expression_parts(), orders_mapping().columns.amount.get('expression', '')) %}
    {% set names = [] %}
    {% for part in parts[1::2] if part.startswith('"') and not modules.re.search('(?i)\\bcase\\b', parts[::2] | join(' ')) %}
        {% do names.append(part[1:-1]) %}
    {% endfor %}
    {% do return(names | unique | list) %}
{% endmacro %}

{# The currency whose sign or code is beside a number's digits; a sign of several currencies is itself. #}
{% macro currency_within(text) -%}
    {%- set rest = 'translate(' ~ text ~ ', ' ~ quote_literal("0123456789.,'+-()\u2019\u2212\t" ~ blank_characters()) ~ ", '')" -%}
    {%- set codes = {} -%}
    {%- for sign, meant in currencies_of_signs().items() -%}
        {%- set known = {'£': 'GBP', '$': 'USD'}.get(sign, meant) -%}
        {%- do codes.update({sign.replace('.', '') | upper: known if known | length == 3 else sign.replace('.', '')}) -%}
    {%- endfor -%}
    {%- for code in currency_codes() if code not in codes -%}{%- do codes.update({code: code}) -%}{%- endfor -%}
    case when {{ matches(text, '[0-9]') }} then
        case {{ in_case('upper', rest) }}
            {%- for sign, code in codes.items() %} when {{ quote_literal(sign) }} then {{ quote_literal(code) }}{% endfor %}
        end
    end
{%- endmacro %}

{# A currency as it is compared; null words and what says yes or no are none. #}
{% macro currency_of(text) -%}
    {%- set words = orders_mapping().null_words | map('upper') | list + ['TRUE', 'FALSE', 'YES', 'NO', 'Y', 'N'] -%}
    nullif(case {{ in_case('upper', trim_whitespace(text)) }}
        when '€' then 'EUR' when 'EURO' then 'EUR' when '£' then 'GBP' when '$' then 'USD' when 'US$' then 'USD'
        {%- for word in words %} when {{ quote_literal(word) }} then ''{% endfor %}
        else {{ in_case('upper', trim_whitespace(text)) }}
    end, '')
{%- endmacro %}

{# A select of the CSV columns, by load, that may say the currency: those called so in some language, or whose first values are codes
   of currencies. A column that the expression of the amount, or of a source's numbers, reads has been thought of. #}
{% macro currency_columns() -%}
    {%- set seen = [] -%}
    {%- for name in (['amount'] if source_at_work() == 'orders' else number_columns()) -%}
        {%- set entry = orders_mapping().columns[name] -%}
        {%- do seen.extend([entry.column] if entry.get('column') else csv_columns_in(entry.get('expression', ''))) -%}
    {%- endfor -%}
    {%- set loads -%}
        select load_id, {{ json_elements('columns') }} as name
        from {{ loads_of_orders() }} as loads
    {%- endset -%}
    select load_id, name
    from ({{ loads }}) as named
    where
        ({{ matches(in_case('lower', 'name'), currency_names()) }}{{ names_by_values() }})
        {%- if seen %}
        and name not in ({{ quote_literals(seen) }})
        {%- endif %}
{%- endmacro %}

{# A select of what these columns say of each record: load_id, line_number, source_column, currency. #}
{% macro currencies_in_files() -%}
    select
        raw_events.load_id,
        raw_events.line_number,
        names.name as source_column,
        {{ currency_of(json_field('raw_events.payload', 'names.name')) }} as currency
    from {{ source('raw', 'raw_events') }} as raw_events
    inner join ({{ currency_columns() }}) as names on raw_events.load_id = names.load_id
{%- endmacro %}

{% macro currency_names() -%}
    {{ return('currency|(^|[^a-z])(ccy|curr)([^a-z]|$)|w(ä|ae|a)hrung|devise|divisa|moneda|moeda|valuta|valuutta|waluta|m[ěe]na([^a-z]|$)|deviza|para birimi|валюта|νόμισμα|通貨|貨幣|货币|币种|통화') }}
{%- endmacro %}

{# Or the name of a column whose values in the first records of a file with such columns are all codes or signs of currencies. #}
{% macro names_by_values() %}{{ return(adapter.dispatch('names_by_values')()) }}{% endmacro %}

{# Spark does not look: it would read the files of a load as a whole. #}
{% macro default__names_by_values() %}{% endmacro %}

{% macro postgres__names_by_values() %}
            or name in (
                select field.key
                from (
                    select beginning.payload
                    from (
                        select min(load_id) as load_id
                        from {{ loads_of_orders() }} as loads
                        where rows_loaded > 0
                        group by columns
                    ) as of_these_columns
                    cross join lateral (
                        select raw_events.payload
                        from {{ source('raw', 'raw_events') }} as raw_events
                        where raw_events.load_id = of_these_columns.load_id
                        limit 500
                    ) as beginning
                ) as first_records
                cross join lateral jsonb_each_text(payload) as field (key, value)
                where btrim(field.value) <> ''
                group by field.key
                having bool_and(upper(btrim(field.value)) in ({{ quote_literals(currency_codes()) }}))
            )
{%- endmacro %}

{# ISO 4217, and the signs that say one currency. #}
{% macro currency_codes() %}
    {% do return((
        'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY '
        ~ 'COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS '
        ~ 'INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU '
        ~ 'MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK '
        ~ 'SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD '
        ~ 'XOF XPF YER ZAR ZMW ZWL € $ £ ¥ ₹ ₽ ₺ ₴ ₩ zł Kč kr'
    ).upper().split()) %}
{% endmacro %}

{# Whether a record becomes an order, or an event: it has what that needs, and no rule sets it aside. Of a source this is a part of the
   rules that may, and looks at none. #}
{% macro becomes_order(parsed) -%}
    {%- for name in id_columns() + (['amount'] if source_at_work() == 'orders' else []) + time_columns() -%}
    {{ ' and ' if not loop.first }}parsed.{{ name }} is not null
    {%- endfor -%}
    {%- if source_at_work() == 'orders' and quarantine_tests() %} and not exists (
        select 1
        from (
            {{ quarantined_rows(parsed) }}
        ) as aside
        where aside.load_id = parsed.load_id and aside.line_number = parsed.line_number
    )
    {%- endif -%}
{%- endmacro %}

{# Whether the file of expectations lets a column have one value only, in every row: then that test reports others. #}
{% macro is_pinned(column) %}
    {% for node in (tests_attached_to(gate_model_id()) if execute and 'nodes' in graph else []) if node.column_name == column %}
        {% set arguments = node.test_metadata.kwargs %}
        {% set values = arguments.get('values') or arguments.get('value_set') or [] %}
        {% set set_rules = ['accepted_values', 'dbt_expectations.expect_column_values_to_be_in_set'] %}
        {% set narrowed = node.config.where or arguments.get('row_condition') or node.config.warn_if != '!= 0' %}
        {% if qualified_test_name(node) in set_rules and values | length == 1 and not narrowed %}
            {% do return(true) %}
        {% endif %}
    {% endfor %}
    {% do return(false) %}
{% endmacro %}
