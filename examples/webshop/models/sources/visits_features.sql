{{ source_features() }}
