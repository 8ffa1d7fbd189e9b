"""Networks tried on samples: probes, which find sizes, and confirmations of a network found."""
