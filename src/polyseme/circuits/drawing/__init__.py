"""Random circuits: what named problems draw."""
