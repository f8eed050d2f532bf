"""Training sets of labels of one's own: the labels, their instants, the splits, the record."""
