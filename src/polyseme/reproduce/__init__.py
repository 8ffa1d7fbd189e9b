"""Published figures, recomputed: one source a file."""
