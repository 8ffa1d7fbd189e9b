"""The compiler: from a circuit to a network that computes it."""
