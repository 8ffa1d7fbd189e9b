"""Scores of claims against the truth of a network, raw and corrected for chance."""
