"""What features.yaml defines: its grammar and its defaults, which the macros in macros/features/ have too.

tests/python/unit/test_definition.py holds both equal.
"""
