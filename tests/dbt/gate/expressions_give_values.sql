-- A text column's expression, or the filter `rows`, that raises on a record: a cast, a division, to_date. Of numbers and times the
-- rules of values count it.
{{ rows_at_fault(ref('orders_parsed'), value_faults('expressions_give_values')) }}
