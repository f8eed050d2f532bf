{{ source_lookups('campaigns', 'products') }}
