"""Autoencoders that other packages trained, as claims."""
