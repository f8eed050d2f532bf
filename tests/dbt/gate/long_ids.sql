-- An id that no index can hold, as an unclosed quote makes it.
{{ rows_at_fault(ref('orders_parsed'), value_faults('long_ids')) }}
