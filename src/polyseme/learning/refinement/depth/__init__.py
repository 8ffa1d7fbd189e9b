"""Descent through the layers of a deep network, one after another."""
