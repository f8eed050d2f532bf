{{ source_parsed() }}
