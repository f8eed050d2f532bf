-- An id that a program or a spreadsheet has made of another, or of none.
{{ rows_at_fault(ref('orders_parsed'), value_faults('odd_ids')) }}
