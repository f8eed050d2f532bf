{# A number's text with a point for its decimals, nothing between thousands and its sign in front; other text stays no number.
   `decimal` and `thousands` are the marks that the file uses: thousands marks are taken out only where they part groups of
   three, ' ' means blanks of every width and "'" for both apostrophes. `currency`: the signs and codes of which one may
   be before or behind, any other makes no number. A minus may be behind, and parentheses are a minus. #}
{% macro plain_number(text, decimal='.', thousands=none, currency=none) -%}
    {%- do check_marks(decimal, thousands) -%}
    {%- set blanks = '[' ~ blank_characters() ~ ']*' -%}
    {%- set point = '[' ~ decimal ~ ']' -%}
    {%- set between = thousands_marks(thousands) -%}
    {%- set grouped = '[1-9][0-9]{0,2}(?:[' ~ modules.re.escape(between) ~ '][0-9]{3})+|' if between else '' -%}
    {#- The minus of `5,-` means no cents. -#}
    {%- set number = '((?:' ~ grouped ~ '[0-9]+)(?:' ~ point ~ '(?:[0-9]+|(?!.*[-\u2212]$)))?|' ~ point ~ '[0-9]+)' -%}
    {%- set one_of = {'sign': '(?!.*[-+(\u2212].*[-+\u2212])', 'unit': ''} -%}
    {%- set unit = {'before': '', 'behind': ''} -%}
    {%- if currency -%}
        {%- do check_one_currency(currency) -%}
        {%- set signs = '(?:' ~ currency_signs(currency) | join('|') ~ ')' -%}
        {%- do one_of.update({'unit': '(?!.*' ~ signs ~ '.*' ~ signs ~ ')'}) -%}
        {%- do unit.update({'before': '(?:' ~ signs ~ ')?' ~ blanks, 'behind': blanks ~ '(?:' ~ signs ~ ')?'}) -%}
    {%- endif -%}
    {%- set pattern = '^' ~ one_of.sign ~ one_of.unit ~ '([-+(\u2212]?)' ~ blanks ~ unit.before ~ '([-+\u2212]?)' ~ blanks
        ~ number ~ unit.behind ~ blanks ~ '([-+)\u2212]?)$' -%}
    {%- set signed = rearrange(text, pattern, '\\1\\2\\4|\\3') -%}
    {%- set pointed = 'translate(' ~ signed ~ ', ' ~ quote_literal('\u2212' ~ decimal ~ between) ~ ", '-.')" -%}
    case
        when {{ matches(text, pattern) }} then replace(replace({{ pointed }}, '()|', '-'), '|', '')
        else {{ with_point(text, decimal) }}
    end
{%- endmacro %}

{# A point is no decimal mark where a comma is: 1.5 must not read as one and a half. #}
{% macro with_point(text, decimal) -%}
    {{ return(text if decimal == '.' else "translate(" ~ text ~ ", ',.', '.,')") }}
{%- endmacro %}

{% macro check_marks(decimal, thousands) %}
    {% if decimal not in ['.', ','] %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ": decimal: '" ~ decimal ~ "' is neither '.' nor ','") %}
    {% elif thousands == decimal %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ": thousands and decimal are the same mark, '" ~ decimal ~ "'") %}
    {% endif %}
{% endmacro %}

{# The signs and codes of one column's amounts must be able to mean one currency: amounts are summed. #}
{% macro check_one_currency(currency) %}
    {% set known = [] %}
    {% for sign in ([currency] if currency is string else currency) %}
        {% set codes = currencies_of_signs().get(sign, sign if modules.re.fullmatch('[A-Z]{3}', sign) else '').split() %}
        {% do known.append(codes) if codes %}
    {% endfor %}
    {% set meant = namespace(codes=known | first | default([]) | list) %}
    {% for codes in known %}
        {% set meant.codes = meant.codes | select('in', codes) | list %}
    {% endfor %}
    {% if known and not meant.codes %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ': currency: ' ~ currency | join(', ') ~ ' are several currencies: amounts are summed. Name the signs of one; '
            ~ 'amounts in others are invalid then, for a rule of expectations.yaml to set aside'
        ) %}
    {% endif %}
{% endmacro %}

{# The currencies that a sign may mean. `ready lint` reads this list too. #}
{% macro currencies_of_signs() %}
    {% do return({
        '€': 'EUR', 'Euro': 'EUR', 'euro': 'EUR', '£': 'GBP EGP', '¥': 'JPY CNY', '₹': 'INR', 'Rs.': 'INR PKR LKR', 'Rs': 'INR PKR LKR',
        '$': 'USD AUD CAD NZD SGD HKD MXN ARS CLP COP TWD BRL', 'US$': 'USD', 'A$': 'AUD', 'C$': 'CAD', 'CA$': 'CAD', 'R$': 'BRL',
        'kr': 'SEK NOK DKK ISK', 'kr.': 'SEK NOK DKK ISK', 'Kč': 'CZK', 'zł': 'PLN', 'Ft': 'HUF', '₽': 'RUB', '₺': 'TRY', '₴': 'UAH',
        '₩': 'KRW', 'Fr.': 'CHF', 'SFr.': 'CHF',
    }) %}
{% endmacro %}

{# Blanks within a line, of every width that is in use between digits, words and signs. #}
{% macro blank_characters() %}{% do return(' \u00a0\u2007\u2009\u202f') %}{% endmacro %}

{# All characters that one mark of the configs means. #}
{% macro thousands_marks(thousands) %}
    {% do return({none: '', ' ': blank_characters(), "'": "'\u2019"}.get(thousands, thousands)) %}
{% endmacro %}

{# As parts of a pattern, the longest first. #}
{% macro currency_signs(currency) %}
    {% set signs = [] %}
    {% for sign in ([currency] if currency is string else currency) %}
        {% do signs.append(modules.re.escape(sign)) %}
    {% endfor %}
    {% do return(signs | sort | reverse | list) %}
{% endmacro %}
