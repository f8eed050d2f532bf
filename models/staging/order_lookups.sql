{{ config(materialized='ephemeral', pre_hook="{{ depend_on_looked_up() }}") }}

-- depends_on: {% if not execute %}{{ ref('order_versions') }} {{ ref('order_lines') }} {{ ref('orders') }}{% endif %}
{{ orders_with_lookups(ref(changes_come_from())) }}
