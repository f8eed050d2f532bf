"""The gate: what its checks found, in one vocabulary, rendered for people and machines."""
