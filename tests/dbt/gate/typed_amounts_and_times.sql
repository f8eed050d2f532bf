-- The same in amount and order_ts, where no entry of expectations.yaml counts it: these records are in orders_rejected.
{{ config(severity='warn') }}
{{ rows_at_fault(ref('orders_parsed'), value_faults('typed_amounts_and_times')) }}
