"""What a team asks of a training set: overlap of the splits, single columns against the label, time."""
