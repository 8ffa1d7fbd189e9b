"""How small a network can be."""
