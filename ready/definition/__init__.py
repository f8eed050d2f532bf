"""What the three YAML files define: how files are read and mapped, and the grammar of features.yaml.

The macros in macros/features/ have the grammar and its defaults too.

tests/python/unit/test_definition.py holds both equal.
"""
