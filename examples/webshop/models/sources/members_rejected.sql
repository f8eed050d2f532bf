{{ source_rejected() }}
