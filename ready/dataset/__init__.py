"""A training set on its way to a reader: columns with their roles and types, and the exported files."""
