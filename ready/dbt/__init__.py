"""dbt within this process: its runs, what it has parsed and compiled, and its documentation."""
