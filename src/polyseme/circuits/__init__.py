"""The source language: what a circuit is, where circuits come from, and what they compute."""

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.evaluate import evaluate_dense, evaluate_sparse
from polyseme.circuits.names import Names
from polyseme.circuits.sources import read
from polyseme.circuits.terms import Terms, terms_of

__all__ = [
    "Circuit",
    "GateKind",
    "Names",
    "Terms",
    "build_circuit",
    "evaluate_dense",
    "evaluate_sparse",
    "problems",
    "read",
    "terms_of",
]
