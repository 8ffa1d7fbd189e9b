"""Modules that every level may use."""
