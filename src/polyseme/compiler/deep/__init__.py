"""Circuits of any depth: one hidden layer a stage, in superposition where that pays."""
