{# The number of a month, 01 to 12, from its name in one language, in full or short, in any case, with or without accents; null
   where it is no month's. #}
{% macro month_number(name, language='en') -%}
    {%- do require_one_of(mapping_file() ~ ': language', language, month_names() | list) -%}
    {#- Accents are characters of their own in some files; upper case is the database's own affair only within ASCII. -#}
    {%- set plain = "translate(lower(" ~ name ~ "), 'ÄÉÈÛÇäéèûç\u0308\u0301\u0302\u0327', 'aeeucaeeuc')" -%}
    case {{ plain }}
        {%- for names in month_names()[language] %}
        {%- set number = '%02d' % loop.index %}
        {%- for spelling in names.split() %}
        when '{{ spelling }}' then '{{ number }}'
        {%- endfor %}
        {%- endfor %}
    end
{%- endmacro %}

{# Language -> each month's names without accents. #}
{% macro month_names() %}
    {% do return({
        'en': ['jan january', 'feb february', 'mar march', 'apr april', 'may', 'jun june', 'jul july', 'aug august',
            'sep sept september', 'oct october', 'nov november', 'dec december'],
        'de': ['jan januar jaen jaenner janner', 'feb februar feber', 'mar mrz marz maerz', 'apr april', 'mai', 'jun juni',
            'jul juli', 'aug august', 'sep sept september', 'okt oktober', 'nov november', 'dez dezember'],
        'fr': ['jan janv janvier', 'fev fevr fevrier', 'mar mars', 'avr avril', 'mai', 'jun juin', 'jul juil juill juillet',
            'aou aout', 'sep sept septembre', 'oct octobre', 'nov novembre', 'dec decembre'],
        'es': ['ene enero', 'feb febrero', 'mar marzo', 'abr abril', 'may mayo', 'jun junio', 'jul julio', 'ago agosto',
            'sep sept set septiembre setiembre', 'oct octubre', 'nov noviembre', 'dic diciembre'],
        'pt': ['jan janeiro', 'fev fevereiro', 'mar marco', 'abr abril', 'mai maio', 'jun junho', 'jul julho', 'ago agosto',
            'set setembro', 'out outubro', 'nov novembro', 'dez dezembro'],
        'it': ['gen gennaio', 'feb febbraio', 'mar marzo', 'apr aprile', 'mag maggio', 'giu giugno', 'lug luglio', 'ago agosto',
            'set sett settembre', 'ott ottobre', 'nov novembre', 'dic dicembre'],
        'nl': ['jan januari', 'feb februari', 'mrt maart', 'apr april', 'mei', 'jun juni', 'jul juli', 'aug augustus',
            'sep sept september', 'okt oktober', 'nov november', 'dec december'],
    }) %}
{% endmacro %}
