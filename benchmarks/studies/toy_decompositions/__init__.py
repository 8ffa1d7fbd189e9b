"""SPD on its authors' toy models."""
