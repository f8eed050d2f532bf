"""What schema meta has on record: versions, distributions of their values, verdicts."""
