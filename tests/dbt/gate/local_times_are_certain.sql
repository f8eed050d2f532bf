-- A local time, without an offset, that comes twice or not at all as clocks change: `local_times` in orders.yaml says which instant
-- it is, or that it is none.
{{ rows_at_fault(ref('orders_parsed'), value_faults('local_times_are_certain')) }}
