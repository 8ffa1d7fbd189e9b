"""Constructions whose weights are drawn without looking at the gates."""
