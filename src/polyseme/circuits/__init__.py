"""The source language: circuits, readers and generators of circuits, and their evaluation."""

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.evaluate import evaluate_dense, evaluate_sparse, wires_on
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.logic.rewriting import rewrite
from polyseme.circuits.names import Names
from polyseme.circuits.sources import read
from polyseme.circuits.terms import OneLayerForm, Terms, one_layer_form, terms_of
from polyseme.circuits.writers.aiger import write_aiger
from polyseme.circuits.writers.json_circuit import write_json

__all__ = [
    "Circuit",
    "GateKind",
    "Names",
    "Netlist",
    "NetlistKind",
    "OneLayerForm",
    "Terms",
    "build_circuit",
    "evaluate_dense",
    "evaluate_sparse",
    "normalise",
    "one_layer_form",
    "problems",
    "read",
    "rewrite",
    "terms_of",
    "wires_on",
    "write_aiger",
    "write_json",
]
