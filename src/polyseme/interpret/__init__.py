"""Interpretation: the purpose of every neuron, from the answer key."""
