"""The tables of one build beside those of another: what a pull request changes in the data."""
