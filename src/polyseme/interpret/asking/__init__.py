"""Questions to a network and its answer key, by name, with tables for answers."""
