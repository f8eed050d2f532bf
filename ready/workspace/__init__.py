"""The folder a user works in: how it is made, linked to the package, and what other programs get of it."""
