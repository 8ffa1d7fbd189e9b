"""Polysemanticity of a network: the terms or wires that each unit serves, and their number.

A unit of a network of one hidden layer serves *terms*; in a deeper network it serves *wires* (or
parts of an XOR). Both are known from the answer key alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import instance, whole_number
from polyseme.errors import OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: units that serve from `low` to `high` things, both included."""

    low: int
    high: int
    units: int


@dataclass(frozen=True, eq=False)
class LayerPolysemanticity:
    """Number of terms or wires that each unit of one layer serves.

    Attributes:
        layer: The number of the layer, from 0.
        counts: int64 (units,), the terms or wires that each unit serves.
    """

    layer: int
    counts: NDArray[np.int64]

    @cached_property
    def least(self) -> int:
        """The smallest number that a unit serves."""
        return int(self.counts.min())

    @cached_property
    def median(self) -> float:
        """The median number that units serve."""
        return float(np.median(self.counts))

    @cached_property
    def most(self) -> int:
        """The largest number that a unit serves."""
        return int(self.counts.max())

    def histogram(self, bars: int = 10) -> tuple[Bar, ...]:
        """Return a histogram of the counts, in equally wide bars.

        Args:
            bars: The most bars there may be.

        Returns:
            The bars from the lowest count to the highest; each unit is in one of them.

        Raises:
            OptionError: `bars` is no whole number of 1 or more.
        """
        bars = whole_number("bars", bars, 1)
        end = self.most + 1
        step = -(-(end - self.least) // bars)
        edges = np.arange(self.least, end + step, step)
        units = np.histogram(self.counts, edges)[0]
        return tuple(
            Bar(int(low), int(high) - 1, int(count))
            for low, high, count in zip(edges[:-1], edges[1:], units, strict=True)
        )


@dataclass(frozen=True)
class Polysemanticity:
    """Number of things that each unit of a network serves, layer by layer.

    Attributes:
        things: "terms" or "wires", the kind of thing that is counted.
        layers: Every hidden layer, first to last.
    """

    things: str
    layers: tuple[LayerPolysemanticity, ...]


def polysemanticity(network: Network) -> Polysemanticity:
    """Return the number of terms (in a deep network: wires) that each unit of a network serves.

    Args:
        network: A network with its answer key.

    Returns:
        Counts for every unit of every layer, with their least, median, most and histogram.

    Raises:
        OptionError: The network has no answer key.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("and2:features=1000,gates=1000"), neurons=600)
        >>> [layer] = ps.polysemanticity(network).layers
        >>> layer.counts.shape == (network.neurons,)
        True
        >>> layer.median > 10
        True
    """
    key = _key_of(network)
    return Polysemanticity(
        "terms" if key.has_terms else "wires",
        tuple(
            LayerPolysemanticity(
                number,
                np.bincount(held.units, minlength=layer.width)[: layer.units].astype(np.int64),
            )
            for number, (held, layer) in enumerate(zip(key.layers, network.layers, strict=True))
        ),
    )


def served_by(network: Network, unit: int, layer: int | None = None) -> tuple[str, ...]:
    """Return in words the terms or, in a deep network, the wires that one unit serves.

    Args:
        network: A network with its answer key.
        unit: The number of the unit in its layer, from 0.
        layer: The number of the layer, from 0; needed where there are several.

    Returns:
        One line per term, "x3 & x17 -> y5", or the name of every wire.

    Raises:
        OptionError: The network has no answer key, or there is no such unit.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
        >>> ps.served_by(ps.compile(circuit), 0)
        ('a & b -> y0',)
    """
    key = _key_of(network)
    number = _checked_layer(network, unit, layer)
    return tuple(key.describe(int(column), number) for column in key.columns_of(unit, number))


def _checked_layer(network: Network, unit: int, layer: int | None) -> int:
    """Return the number of the layer asked for, once it is known to have such a unit.

    Raises OptionError where it has none, or no layer is named and there are several.
    """
    unit, last = whole_number("unit", unit), len(network.layers) - 1
    if layer is None and last:
        raise OptionError(f"unit {unit} must name its layer, 0 to {last}")
    number = whole_number("layer", 0 if layer is None else layer, 0, last)
    whole_number("unit", unit, 0, network.layers[number].units - 1)
    return number


def _key_of(network: Network) -> AnswerKey:
    instance("network", network, Network, "a network")
    if network.key is None:
        raise OptionError("the network has no answer key; what a unit serves is known only from it")
    return network.key
