"""Published figures, recomputed: one source per file."""
