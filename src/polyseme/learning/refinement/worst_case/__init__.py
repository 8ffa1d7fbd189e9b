"""Worst-case refinement: linear layers that are right on every input within the promise."""
