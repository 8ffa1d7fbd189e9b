"""Circuit to network, one pass a file."""
