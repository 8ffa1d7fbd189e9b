"""Constructions between two tight frames."""
