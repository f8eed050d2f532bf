{{ source_events() }}
