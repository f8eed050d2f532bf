{# On PostgreSQL it is the snapshot of this name, which is described in snapshots/. One row per order and state. #}
{{ config(
    enabled=target.type == 'spark',
    materialized='history',
    meta={'ready_unique_key': 'order_id', 'ready_check_cols': ['status', 'amount']}
) }}

select * from {{ ref('orders') }}
