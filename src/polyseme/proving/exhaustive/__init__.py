"""Proofs by running every input that keeps the promise."""
