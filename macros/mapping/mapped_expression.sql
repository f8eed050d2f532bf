{# Expressions of configs/orders.yaml as SQL. "NAME" is a CSV column's text, number("NAME") its decimal, time("NAME", 'FORMAT') its
   instant, both null where the text is none; file_name, line_number and load_id are there too. #}
{% macro mapped_expression(entry) -%}
    {%- set mapping = orders_mapping() -%}
    {%- set sql = [] -%}
    {%- for part in modules.re.split(expression_parts(), entry.expression) -%}
        {%- set names = csv_columns_in(part) -%}
        {%- if loop.index0 % 2 == 0 or not names -%}
            {%- do sql.append(part) -%}
        {%- else -%}
            {%- set text = csv_text(names[0], mapping.null_words) -%}
            {%- if part.startswith('number') -%}
                {#- Where the result is rounded, each number comes from a float as well: it is rounded to the most decimals that there can be. -#}
                {%- set read_as = dict(entry, round=none if entry.get('round') is none else 6) -%}
                {%- do sql.append('(' ~ mapped_number(text, read_as) ~ ')') -%}
            {%- elif part.startswith('time') -%}
                {%- set read_as = dict(entry, format=(modules.re.findall("'([^']*)'", part) or [none])[0]) -%}
                {%- do sql.append('(' ~ mapped_time(zoned_time(text, read_as), read_as) ~ ')') -%}
            {%- else -%}
                {%- do sql.append(text) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sql | join) }}
{%- endmacro %}

{# The parts of an expression that are no plain SQL: literals, calls of number and time, CSV columns. #}
{% macro expression_parts() -%}
    {{ return(
        "('(?:[^']|'')*'|(?<![A-Za-z0-9_.])number\\(\\s*\"[^\"]+\"\\s*\\)"
        ~ "|(?<![A-Za-z0-9_.])time\\(\\s*\"[^\"]+\"\\s*(?:,\\s*'[^']*'\\s*)?\\)|\"[^\"]+\")"
    ) }}
{%- endmacro %}

{# The SQL of an expression beside these, for a look at its words. #}
{% macro words_of_expression(expression) -%}
    {{ return(modules.re.split(expression_parts(), expression)[::2] | join(' ')) }}
{%- endmacro %}

{# The CSV columns that an expression reads, without those that a literal names. #}
{% macro csv_columns_in(expression) -%}
    {%- set names = [] -%}
    {%- for part in modules.re.split(expression_parts(), expression)[1::2] if not part.startswith("'") -%}
        {%- do names.append(modules.re.findall('"([^"]+)"', part)[0]) -%}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{%- endmacro %}

{# How the text that an expression gives is read: where number() or time() has read the files' notation, as plain. #}
{% macro entry_of_result(entry) %}
    {% if modules.re.search('(?<![A-Za-z0-9_.])(number|time)\\(\\s*"', entry.get('expression', '')) %}
        {% do return({'expression': entry.expression, 'round': entry.get('round'), 'timezone': entry.get('timezone', orders_mapping().timezone)}) %}
    {% endif %}
    {% do return(entry) %}
{% endmacro %}

{# Whether an expression can raise on a row: it may where it is more than what is named here, as with a cast, a division or
   to_date. A pattern with a backslash and a part of no number can raise as well. #}
{% macro may_raise(expression) -%}
    {%- set rest = [] -%}
    {%- for part in modules.re.split(expression_parts(), expression) -%}
        {%- if loop.index0 % 2 == 0 -%}
            {%- do rest.append(part | lower) -%}
        {%- else -%}
            {%- do rest.append('\\' if '\\' in part and part.startswith("'") else ('\x01' if part.startswith("'") else '\x02')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set rest = modules.re.sub('i?like\\s+\x01|/\\s*0*[.]?0*[1-9][0-9.]*\\b', '', rest | join) -%}
    {%- set rest = modules.re.sub('split_part\\(\\s*[\x01\x02]\\s*,\\s*\x01\\s*,\\s*[1-9][0-9]*\\s*\\)', '\x02', rest) -%}
    {%- set words = 'case when then else end and or not is null distinct from in between true false both leading trailing
        coalesce nullif concat concat_ws lower upper initcap trim btrim ltrim rtrim replace length left right greatest least abs
        round file_name line_number load_id' -%}
    {%- set harmless = '(?:[\\s\x01\x02(),=<>*+|]|-(?!-)|\\b[0-9]+(?:[.][0-9]+)?\\b|\\b(?:' ~ words.split() | join('|') ~ ')\\b)*' -%}
    {{ return(modules.re.fullmatch(harmless, rest) is none) }}
{%- endmacro %}
