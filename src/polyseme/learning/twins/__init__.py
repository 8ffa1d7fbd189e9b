"""Trained twins: circuits that compile, learnt by descent from random weights."""
