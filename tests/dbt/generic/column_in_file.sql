{# Every file that staging reads has the CSV column (or columns) that configs/orders.yaml maps to this one.
   Fails once for each active load that lacks it; a load without records lacks nothing, and a column that is not
   mapped is not looked for. #}
{% test column_in_file(model, column_name) %}
    {%- set mapping = orders_mapping() %}
    {%- set entry = mapping['columns'].get(column_name, {}) %}
    {%- set csv_columns = [entry['column']] if entry.get('column') else csv_columns_in(entry.get('expression', '')) %}

select
    loads.load_id,
    loads.file_name,
    1 as line_number
from {{ source('raw', 'loads') }} as loads
where
    loads.status = 'loaded'
    and loads.source = {{ quote_literal(mapping.source) }}
    and loads.rows_loaded > 0
    and not (
        {%- for csv_column in csv_columns %}
        {{ json_array_contains('loads.columns', csv_column) }}{{ ' and' if not loop.last }}
        {%- else %}
        true
        {%- endfor %}
    )
{% endtest %}
