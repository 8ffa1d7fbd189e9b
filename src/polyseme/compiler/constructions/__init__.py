"""Constructions by name: each file states a theorem, declares a size, and builds the network."""
