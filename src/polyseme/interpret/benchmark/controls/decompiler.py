"""The decompiler: the circuit read back from weights, with encoder and readout known.

It is told what no method is told, the code of the features, and does not look at the answer key.
Nothing is claimed of networks that it cannot read: those whose weights were changed after they were
compiled (dressed ones), and those with units that square.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.terms import Terms, terms_of
from polyseme.errors import PolysemeError
from polyseme.interpret.benchmark.claims import Batch, Claims, Edges, Readings
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.gates_of_layers import operators_of_terms
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.sampler import encoded
from polyseme.interpret.benchmark.subject import Subject
from polyseme.interpret.decompiling.decompile import TERMS, decompile
from polyseme.networks import sites
from polyseme.networks.exporting.to_torch import to_torch
from polyseme.networks.network import Network

# Sets of more features are not looked for: their number grows as that power of the features'.
MOST = 3


def fit(subject: Subject, budget: Budget) -> Claims:
    """Return what the decompiler reads, whatever the budget: terms of at most three literals.

    Of a network of one hidden layer it is features, terms and outputs, and what reads what. The
    direction of a term is the change of the units that its output reads when its plain literals go
    on alone. Of a deeper network it is features and outputs.
    """
    network = subject.network
    if network is None or not _is_of(subject, network):
        return Claims(notes={"refused": "the weights are not those of a compiled network"})
    try:
        found = decompile(network, active=min(MOST, network.provenance.active))
    except PolysemeError as error:
        return Claims(notes={"refused": str(error)})
    features = Readings(
        sites.EMBED, subject.code, lambda batch: batch.on.toarray().astype(np.float32)
    )
    outputs = Readings(
        sites.READOUT,
        np.eye(len(found.circuit.outputs), dtype=np.float32),
        partial(_outputs_on, found.circuit),
    )
    if found.level != TERMS:
        return Claims((features, outputs))
    return _of_terms(subject, terms_of(found.circuit), features, outputs)


def _is_of(subject: Subject, network: Network) -> bool:
    """Return whether a subject runs with the weights that its network was compiled to."""
    compiled = dict(to_torch(network).named_parameters())
    return all(
        torch.equal(weights, compiled[name]) for name, weights in subject.module.named_parameters()
    )


def _outputs_on(circuit: Circuit, batch: Batch) -> NDArray[np.float32]:
    return evaluate_dense(circuit, batch.on.toarray()).astype(np.float32)


def _of_terms(subject: Subject, terms: Terms, features: Readings, outputs: Readings) -> Claims:
    gates = sites.post(0)
    held = Readings(gates, _directions(subject, terms), partial(_satisfied, terms))
    numbers = np.arange(len(terms))
    edges = (
        _edges(gates, sites.EMBED, terms.term_of_literal, terms.literals),
        _edges(sites.READOUT, gates, terms.output, numbers),
    )
    of_output = np.bincount(terms.output, minlength=terms.outputs)
    operators = {
        gates: operators_of_terms(terms),
        sites.READOUT: tuple("identity" if count == 1 else "or" for count in of_output.tolist()),
    }
    return Claims((features, held, outputs), edges, operators)


def _edges(site: str, below: str, output: NDArray[np.integer], read: NDArray[np.integer]) -> Edges:
    certain = np.ones(len(output), np.float32)
    return Edges(site, below, output.astype(np.int64), read.astype(np.int64), certain)


def _literals(terms: Terms, sign: int) -> sp.csr_array:
    """Return the plain (1) or negated (-1) literals of terms, Boolean (terms, features)."""
    chosen = terms.signs == sign
    places = terms.term_of_literal[chosen], terms.literals[chosen]
    ones = np.ones(len(places[0]), bool)
    return sp.coo_array((ones, places), (len(terms), terms.features)).tocsr()


def _directions(subject: Subject, terms: Terms) -> NDArray[np.float32]:
    """Return what each term changes when its plain literals are on alone (terms, width)."""
    readout = subject.module.get_submodule("readout")
    assert isinstance(readout, torch.nn.Linear)
    read = readout.weight.detach().numpy()[terms.output] != 0
    alone = encoded(_literals(terms, 1), subject.code)
    given = np.concatenate((alone, np.zeros_like(alone[:1])))
    with torch.no_grad():
        _, cache = subject.module.run_with_cache(torch.from_numpy(given), sites.post(0))
    numbers = cache[sites.post(0)].numpy()
    found: NDArray[np.float32] = (numbers[:-1] - numbers[-1]) * read
    return found


def _satisfied(terms: Terms, batch: Batch) -> NDArray[np.float32]:
    on = batch.on.astype(np.float32)
    plain = (on @ _literals(terms, 1).T.astype(np.float32)).toarray()
    negated = (on @ _literals(terms, -1).T.astype(np.float32)).toarray()
    found: NDArray[np.float32] = ((plain == terms.plain) & (negated == 0)).astype(np.float32)
    return found


CONTROL = Control("decompiler", fit, "the circuit read back from weights, encoder and readout")
