"""`ready suggest`: expectations that today's data meets, each with its evidence."""
