"""Engines that run all inputs with a lowest feature: machine code for layers of ReLUs, or numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import one_layer_form
from polyseme.common.machine_code import has_numba
from polyseme.common.ragged import row_offsets
from polyseme.errors import PolysemeError
from polyseme.networks.boolean_form import boolean_form
from polyseme.networks.run import LayerRunner
from polyseme.proving.branch_and_bound.deciding import edges
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.claim import Claim
from polyseme.proving.exhaustive.deep_engine import deep_layers, wires_of
from polyseme.proving.exhaustive.deep_kernel import compiled_deep_run
from polyseme.proving.exhaustive.kernel import Layer, Truth, compiled_run
from polyseme.proving.exhaustive.state import MOST_LISTED
from polyseme.verification.reference import reference_of
from polyseme.verification.sampling import samples_at_once, wrong_rows

# Inputs with a lowest feature: their number, that of wrong ones, and wrong ones as features on.
Engine: TypeAlias = Callable[[int], tuple[int, int, list[tuple[int, ...]]]]
# Inputs from which on the seconds that compiling takes are saved.
_WORTH_COMPILING = 200_000


def engine_of(claim: Claim) -> tuple[Engine, bool]:
    """Return what runs the inputs of a claim, and whether threads may share it."""
    if has_numba() and claim.inputs >= _WORTH_COMPILING:
        engine = fused_engine(claim) if len(claim.network.layers) == 1 else deep_engine(claim)
        if engine is not None:
            return engine, True
    return batch_engine(claim), False


def fused_engine(claim: Claim) -> Engine | None:
    """Return the kernel for a layer of ReLUs and outputs that are ORs of terms; None for others."""
    try:
        relus = Relus.of(claim.network, claim.active)
        truth = _truth(claim.circuit)
    except PolysemeError:
        return None
    layer = Layer(
        relus.reads,
        relus.bias.astype(np.int32),
        relus.cap or 0,
        relus.offsets,
        relus.unit,
        relus.weight.astype(np.int32),
        np.clip(edges(relus), -(2**30), 2**30).astype(np.int32),
    )
    return _running(partial(compiled_run(), layer, truth), claim.active)


def deep_engine(claim: Claim) -> Engine | None:
    """Return the kernel for several layers of ReLUs or clipped units; None for others."""
    layers, wires = deep_layers(claim.network, claim.active), wires_of(claim.circuit)
    if layers is None or ((layers.edge <= 0) != wires.resting).any():
        return None
    return _running(partial(compiled_deep_run(), layers, wires), claim.active)


def _running(run: Callable[..., tuple[int, int]], active: int) -> Engine:
    """Return the engine of a kernel."""

    def engine(first: int) -> tuple[int, int, list[tuple[int, ...]]]:
        listed = np.empty((1024, active), np.int32)
        inputs, wrong = run(first, active, listed)
        if wrong > len(listed):
            listed = np.empty((min(wrong, MOST_LISTED), active), np.int32)
            run(first, active, listed)
        rows = listed[: min(wrong, len(listed))].tolist()
        return inputs, wrong, [tuple(one for one in row if one >= 0) for row in rows]

    return engine


def batch_engine(claim: Claim) -> Engine:
    """Return the runner of any network, by batches of lists of features."""
    truth, features = reference_of(claim.circuit), len(claim.circuit.features)
    runner = boolean_form(claim.network) or LayerRunner(claim.network)
    flipped, size = runner.resting != truth.resting, samples_at_once(runner)

    def engine(first: int) -> tuple[int, int, list[tuple[int, ...]]]:
        inputs, wrong = 0, 0
        listed: list[tuple[int, ...]] = []
        for rows in _rows(first, features, claim.active, size):
            failing = wrong_rows(runner.outputs(rows), truth.differing(rows), flipped)
            inputs, wrong = inputs + len(rows), wrong + int(failing.sum())
            some = rows[failing].tolist()
            listed += [tuple(one for one in row if one >= 0) for row in some]
            del listed[MOST_LISTED:]
        return inputs, wrong, listed

    return engine


def _rows(first: int, features: int, active: int, most: int) -> Iterator[NDArray[np.int32]]:
    """Yield all sets whose lowest feature is `first`, fewer features first, so many at once."""
    for size in range(active):
        sets = combinations(range(first + 1, features), size)
        while some := list(islice(sets, most)):
            rows = np.full((len(some), active), -1, np.int32)
            rows[:, 0] = first
            rows[:, 1 : size + 1] = some
            yield rows


def _truth(circuit: Circuit) -> Truth:
    """Return the circuit as terms. Raises PolysemeError if its outputs are no ORs of terms."""
    terms = one_layer_form(circuit).terms
    if terms is None:
        raise PolysemeError("outputs are no ORs of terms")
    features = len(circuit.features)
    plain = terms.signs > 0
    output = terms.output[terms.term_of_literal].astype(np.int64)
    alone = plain & (terms.plain[terms.term_of_literal] == 1)
    return Truth(
        np.asarray(circuit.inverted, bool),
        row_offsets(np.bincount(terms.output, minlength=terms.outputs)),
        terms.offsets,
        np.where(plain, terms.literals + 1, -terms.literals - 1).astype(np.int64),
        *_rows_of(terms.literals[plain], output[plain], features),
        *_rows_of(terms.literals[alone], output[alone], features),
    )


def _rows_of(
    feature: NDArray[np.int32], output: NDArray[np.int64], features: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct outputs of each feature, in rows."""
    pairs = np.unique(np.stack((feature.astype(np.int64), output), axis=1), axis=0)
    return row_offsets(np.bincount(pairs[:, 0], minlength=features)), pairs[:, 1].copy()
