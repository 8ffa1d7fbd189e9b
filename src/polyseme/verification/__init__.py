"""Comparing networks with the circuits that they were compiled from."""
