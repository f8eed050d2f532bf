{{ config(materialized='ephemeral') }}

{{ mapped_records() }}
