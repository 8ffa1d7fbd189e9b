"""Sparse codes, learned by descent: what autoencoders and transcoders share."""
