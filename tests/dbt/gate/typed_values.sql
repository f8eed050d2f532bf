-- A text that is no number or time where orders.yaml says that it is one, in available_at and in columns of one's own.
{{ rows_at_fault(ref('orders_parsed'), value_faults('typed_values')) }}
