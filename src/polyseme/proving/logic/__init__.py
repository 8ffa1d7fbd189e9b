"""Exact networks proved equal to their circuits on all Boolean inputs."""
