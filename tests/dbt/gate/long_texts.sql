-- Another text so long that it may be what an unclosed quote has swallowed.
{{ config(severity='warn') }}
{{ rows_at_fault(ref('orders_parsed'), value_faults('long_texts', {'longest': rule_setting('longest', 1000)})) }}
