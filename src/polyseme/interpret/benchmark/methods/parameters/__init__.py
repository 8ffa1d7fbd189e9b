"""Decompositions of parameters: what they share, weights as sums of components."""
