{# The columns of a mapping beyond the canonical ones: name -> {type, column or expression, ...}, type text
   or number. They go all the way to stg.orders, so an aggregation or an expectation can name them. #}
{% macro extra_columns() %}
    {% set extras = {} %}
    {% set others = canonical_columns() + optional_columns() %}
    {% for name, entry in node_meta(source_at_work() ~ '_mapped').get('columns', {}).items() if name not in others %}
        {% set given = {'column': entry} if entry is string else entry or {} %}
        {% set extra = dict({'type': 'text'}, **given) %}
        {% do check_column_name(name) %}
        {% do require_one_of(mapping_file() ~ ': ' ~ name ~ ': type', extra.type, ['text', 'number']) %}
        {% do extras.update({name: extra}) %}
    {% endfor %}
    {% do return(extras) %}
{% endmacro %}

{# The columns whose texts are read as decimals. #}
{% macro number_columns() %}
    {% set numbers = canonical_columns() | select('equalto', 'amount') | list %}
    {% for name, extra in extra_columns().items() if extra.type == 'number' %}
        {% do numbers.append(name) %}
    {% endfor %}
    {% do return(numbers) %}
{% endmacro %}

{# A name goes into SQL as it is, and beside it NAME_raw: at most 59 of the 63 letters that the database keeps. #}
{% macro check_column_name(name) %}
    {% if not modules.re.fullmatch('[a-z_][a-z0-9_]{0,58}', name) %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ": columns: '" ~ name ~ "' is no column name: lower case letters, digits and _, at most 59"
        ) %}
    {% elif name in reserved_names() or modules.re.search('_(raw|text|to_date|of_order)$', name) %}
        {% do exceptions.raise_compiler_error(
            mapping_file() ~ ": columns: '" ~ name ~ "' has a meaning of its own already; choose another name"
        ) %}
    {% endif %}
{% endmacro %}
