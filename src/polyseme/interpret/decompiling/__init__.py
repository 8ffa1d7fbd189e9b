"""Decompiling: the circuit that a network computes, found without its answer key."""
