"""Constructions of one hidden layer per stage of a circuit."""
