"""The counting argument, run for real."""
