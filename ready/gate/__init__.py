"""The gate: what its checks found, told in one vocabulary and rendered for people and machines."""
