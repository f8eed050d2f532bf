{{ source_keyed_states() }}
