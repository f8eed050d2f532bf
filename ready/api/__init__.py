"""What `import ready` offers, each name imported at its first use (ready/__init__.py); and `ready audit`."""
