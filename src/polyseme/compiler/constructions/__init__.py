"""Constructions by name: each file states one theorem, declares its size, and builds it."""
