"""Questions to a network: outputs and activations, for names, sets of names or a matrix."""

from __future__ import annotations

from collections.abc import Container, Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.warning import warn
from polyseme.errors import CapacityError
from polyseme.networks import sites
from polyseme.networks.given_inputs import GivenInputs, Inputs, read_inputs
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.networks.wide_sums import wide_product

# The largest result that is made as a dense matrix.
_MOST_BYTES = 2**32
# Numbers of the widest layer that are held at a time.
_AT_ONCE = 8_000_000


def run(
    network: Network, on: Inputs
) -> list[str] | list[list[str]] | NDArray[np.bool_] | sp.csr_array:
    """Return the outputs that are on: names for names, Booleans for a matrix.

    Warns where more features are on than the network was compiled for. Raises OptionError for what
    is no input, SourceError for a name that the network lacks, and CapacityError where a dense
    result would exceed 4 GiB.
    """
    given = read_inputs(network.encoder.features, on)
    _warn_beyond(network, given)
    outputs = network.readout.outputs
    if given.form == "matrix":
        _check_bytes(given.matrix.shape[0] * len(outputs))
    pieces = [decided for _, decided in _decided(network, given)]
    decisions = sp.vstack(pieces, format="csr") if pieces else _nothing(len(outputs))
    if given.form == "sparse":
        return decisions
    if given.form == "matrix":
        return np.asarray(decisions.toarray(), bool)
    named = [
        [outputs[int(output)] for output in np.sort(row)]
        for row in np.split(decisions.indices, decisions.indptr[1:-1])
    ]
    return named if given.form == "sets" else named[0]


def activations(network: Network, on: Inputs) -> dict[str, NDArray[np.float32]]:
    """Return the numbers at every site by its name, float32 (samples, width) each.

    Warns and raises as `run` does.
    """
    given = read_inputs(network.encoder.features, on)
    _warn_beyond(network, given)
    widths = sum(layer.units + layer.width for layer in network.layers)
    ends = network.encoder.dimensions + len(network.readout.outputs)
    _check_bytes(4 * given.matrix.shape[0] * (widths + ends))
    return dict(_at_sites(LayerRunner(network), given.matrix, network.sites))


def activations_at(runner: LayerRunner, on: sp.csr_array, site: str) -> NDArray[np.float32]:
    """Return the numbers at one site, (samples, width), for features in sparse rows.

    No layer behind the site is run.
    """
    return next(_at_sites(runner, on, (site,)))[1]


def _at_sites(
    runner: LayerRunner, on: sp.csr_array, wanted: Container[str]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the names of the sites that are wanted, each with its numbers (samples, width)."""
    network = runner.network
    values = np.asarray((on @ network.encoder.code.matrix()).toarray(), np.float32)
    if sites.EMBED in wanted:
        yield sites.EMBED, values
    for number, layer in enumerate(network.layers):
        if sites.pre(number) in wanted:
            sums = _sums(layer, values, runner.may_exceed(number, values))
            yield sites.pre(number), sums
        values = runner.write(number, values)
        if sites.post(number) in wanted:
            yield sites.post(number), values
    if sites.READOUT in wanted:
        readings = runner.readings(values)
        yield sites.READOUT, (readings - network.readout.thresholds[:, None]).T


def _sums(layer: Layer, values: NDArray[np.float32], wide: bool) -> NDArray[np.float32]:
    """Return the scaled sums of a layer's units, (samples, units), made in float64 where wide."""
    if wide:
        exact = (wide_product(values, layer.weights.T) + layer.bias) * layer.scale
        return np.asarray(exact, np.float32)
    weights = layer.weights.astype(np.float32)
    sums = np.asarray((weights @ np.ascontiguousarray(values.T)).T)
    return np.asarray((sums + layer.bias.astype(np.float32)) * np.float32(layer.scale))


def _decided(network: Network, given: GivenInputs) -> Iterator[tuple[int, sp.csr_array]]:
    """Yield the outputs that are on, piece by piece, each with the number of its first sample."""
    runner, code = LayerRunner(network), network.encoder.code.matrix()
    widest = max(len(network.readout.outputs), *(layer.width for layer in network.layers))
    size = int(np.clip(_AT_ONCE // widest, 16, 2048))
    for begin in range(0, given.matrix.shape[0], size):
        encoded = (given.matrix[begin : begin + size] @ code).tocsr()
        yield begin, runner.on(runner.hidden(encoded, sparse=True))


def _nothing(outputs: int) -> sp.csr_array:
    return sp.csr_array((0, outputs), dtype=bool)


def _check_bytes(needed: int) -> None:
    if needed > _MOST_BYTES:
        raise CapacityError(
            f"the result would take {needed / 2**30:.1f} GiB and at most 4 are made; give fewer "
            "samples, or to run a sparse matrix"
        )


def _warn_beyond(network: Network, given: GivenInputs) -> None:
    """Warn where more features are on than the network was compiled for."""
    counts, promise = np.diff(given.on.indptr), network.provenance.active
    beyond = int(np.count_nonzero(counts > promise))
    if not beyond:
        return
    most = int(counts.max())
    if len(counts) == 1:
        warn(
            f"{most} features are on, more than the {promise} the network was compiled for; its "
            "answer may be wrong"
        )
    else:
        warn(
            f"{beyond:,} of {len(counts):,} inputs have more features on than the {promise} the "
            f"network was compiled for, up to {most:,}; their answers may be wrong"
        )
