"""Sentences and fields about the exact network that a deep one is compared with."""

from __future__ import annotations

from typing import Any

from polyseme.compiler.constructions.catalogue import MONOSEMANTIC
from polyseme.compiler.schedule.exact_size import ExactSize
from polyseme.networks.network import Network

_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def exact_fields(network: Network, exact: ExactSize | None) -> dict[str, Any]:
    """Return the fields of a JSON object about the exact network a network is compared with.

    Without its size they are what the provenance tells: all of one hidden layer's ReLUs, and of
    several layers only those of the widest.
    """
    if exact is None:
        neurons = network.provenance.monosemantic_neurons
        alone = neurons if len(network.layers) == 1 else None
        exact_numbers: tuple[Any, ...] = (neurons, alone, alone, None, None, None)
    else:
        exact_numbers = (
            exact.neurons,
            exact.neurons_total,
            exact.state,
            exact.parameters,
            exact.stored_bytes,
            exact.carry or None,
        )
    names = ("neurons", "neurons_total", "state", "parameters", "bytes", "carry")
    return {
        f"monosemantic_{name}": number for name, number in zip(names, exact_numbers, strict=True)
    }


def exact_sentence(exact: ExactSize) -> str:
    """Return the size of the exact network of a deep circuit in words."""
    how = "with a residual stream" if exact.carry == "residual" else "without a residual stream"
    stored = "" if exact.stored_bytes is None else f", {in_bytes(exact.stored_bytes)}"
    return (
        f"exact, {how}: {exact.neurons_total:,} ReLUs in all, at most {exact.neurons:,} in one "
        f"layer; a state of {exact.state:,} numbers; {exact.parameters:,} parameters{stored}"
    )


def comparison(network: Network, exact: ExactSize, stored_bytes: int) -> str:
    """Return in words what superposition saves of the exact network, and what it takes more of."""
    if network.provenance.construction == MONOSEMANTIC.name:
        return "superposition saves nothing: this network is exact"
    state = f"{_saved(network.state, exact.state)} of the state"
    if network.neurons_total >= exact.neurons_total:
        if network.state >= exact.state:
            return "superposition saves nothing"
        what = f"superposition saves no ReLUs, but {state}"
    else:
        what = (
            f"superposition saves {_saved(network.neurons_total, exact.neurons_total)} of all "
            f"ReLUs ({_saved(network.neurons, exact.neurons)} in the widest layer) and {state}"
        )
    more = f"{network.parameters / exact.parameters:,.1f} times the parameters"
    if exact.stored_bytes is not None:
        more += f", {stored_bytes / exact.stored_bytes:,.1f} times the bytes"
    return f"{what}; it takes {more}"


def in_bytes(number: int) -> str:
    """Return a number of bytes in three digits: 1,023 as "1.02 kB"."""
    for size, unit in _UNITS:
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number} bytes"


def _saved(ours: int, theirs: int) -> str:
    return f"{1 - ours / theirs:.0%}"
