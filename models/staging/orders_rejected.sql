{{ config(materialized='kept', meta={'ready_kept_by': 'load', 'ready_loads_from': ['orders_parsed']}) }}

{{ rejected_records(ref('orders_parsed')) }}
