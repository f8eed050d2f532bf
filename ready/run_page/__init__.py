"""The run page: what a run loaded, checked, built and recorded, as one HTML file."""
