{{ source_mapped() }}
