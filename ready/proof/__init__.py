"""The three promises as checks: where a value comes from, that it comes again, that it knows no future."""
