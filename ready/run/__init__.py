"""A run from the files to the export: its stages, and what decides whether there is anything to do."""
