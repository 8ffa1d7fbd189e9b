"""Editing: facts of a compiled table changed in its weights, with the key kept true."""
