-- Numbers that all have their mark before three digits: 1.234 may be a thousand, or little more than one.
{{ rows_at_fault(ref('orders_parsed'), value_faults('marks_are_certain')) }}
