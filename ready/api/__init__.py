"""What `import ready` offers; each name is imported at its first use, see ready/__init__.py."""
