"""Bounds on the size of networks."""
