"""Descent from a compiled network."""
