"""The counting argument, carried out on compiled networks."""
