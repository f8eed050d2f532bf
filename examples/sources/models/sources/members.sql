{{ source_states() }}
