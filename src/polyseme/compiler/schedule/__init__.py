"""Circuits of any depth cut into stages."""
