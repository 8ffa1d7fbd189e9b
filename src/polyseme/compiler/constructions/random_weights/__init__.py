"""Constructions with random weights, or with random codes that the weights follow."""
