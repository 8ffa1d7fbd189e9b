"""Questions by name: the units of a gate, what a unit serves and reads, a feature's code.

Every answer is a small table (`tables.py`). With the answer key it says what is so on purpose;
of a bare network, as much as weights tell: the units that an output reads, and how strongly units
read features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.arguments import instance, text, whole_number
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError, SourceError
from polyseme.interpret.asking.reads import (
    Reads,
    effective_numbers,
    reads_of_column,
    reads_of_unit,
)
from polyseme.interpret.asking.tables import Columns, Table, table_of
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network

# Of a bare network: reads that are at least this share of the unit's strongest are listed.
_STRONG = 0.5


def units_of(network: Network, name: str) -> Table:
    """Return the units that serve an output, gate or feature, with how the readout weighs them.

    Args:
        network: A network, with its answer key or without.
        name: The name of an output or, if there is no such output, of a gate or a feature. Without
            the key an output or a feature; the units of a feature are then those that read it at
            least half as strongly as they read anything.

    Returns:
        A row per unit: `layer`, `unit`, `serves` (the number of terms or wires on it, None without
        the key), `weight` (with which the output reads it, 0 if it does not).

    Raises:
        SourceError: Nothing has this name.
        OptionError: An argument is of a wrong type, or the gate has no units of its own.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b; z = b & c"), construction="monosemantic")
        >>> len(ps.units_of(network, "y"))
        1
    """
    instance("network", network, Network, "a network")
    text("name", name)
    key, outputs = network.key, network.readout.outputs
    weights = _readout_weights(network, outputs.find(name))
    last = len(network.layers) - 1
    if key is not None:
        held = [(layer, key.neurons_of(name, layer)) for layer in range(len(key.layers))]
    elif outputs.find(name) is not None:
        held = [(last, np.array(sorted(weights), np.int64))]
    else:
        held = [(0, _strong_readers(network, _feature(network, name)))]
    columns: Columns = {"layer": [], "unit": [], "serves": [], "weight": []}
    for layer, units in held:
        serves = None if key is None else np.bincount(key.layers[layer].units, minlength=1)
        for unit in units.tolist():
            columns["layer"].append(layer)
            columns["unit"].append(unit)
            columns["serves"].append(None if serves is None else int(serves[unit]))
            columns["weight"].append(weights.get(unit, 0) if layer == last else 0)
    return table_of(columns)


def about_unit(network: Network, unit: int, layer: int = 0, most: int = 50) -> Table:
    """Return what a unit reads, strongest first, and what for.

    Args:
        network: A network, with its answer key or without.
        unit: The number of the unit.
        layer: The number of its layer.
        most: Rows at most; what a unit reads on purpose comes first.

    Returns:
        A row per feature (in a deeper layer: wire) that it reads: `reads`, the name; `strength`, in
        shares of the strongest; `own`, whether a gate on the unit needs it (None without the key);
        `gates`, the terms or wires on the unit that it is for, in words.

    Raises:
        OptionError: There is no such unit, or a deeper layer and no key.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b; z = b & c"), construction="monosemantic")
        >>> ps.rows_of(ps.about_unit(network, 0))[0]["strength"]
        1.0
    """
    instance("network", network, Network, "a network")
    layer = whole_number("layer", layer, 0, len(network.layers) - 1)
    unit = whole_number("unit", unit, 0, network.layers[layer].units - 1)
    most = whole_number("most", most, 1)
    of, reads = Reads.of(network, layer), reads_of_unit(network, unit, layer)
    needed = None if network.key is None else _needed(network.key, unit, layer, of)
    strongest = max(1, int(np.abs(reads).max()))
    order = np.argsort(-np.abs(reads), kind="stable")
    if needed is not None:
        is_own = np.array([int(column) in needed for column in order], bool)
        order = np.concatenate((order[is_own], order[~is_own]))
    columns: Columns = {"reads": [], "strength": [], "own": [], "gates": []}
    for column in order[:most].tolist():
        columns["reads"].append(of.name(network, column))
        columns["strength"].append(float(reads[column] / strongest))
        columns["own"].append(None if needed is None else column in needed)
        columns["gates"].append("" if needed is None else "; ".join(needed.get(column, ())))
    return table_of(columns)


def about_feature(network: Network, name: str) -> Table:
    """Return the code of a feature and the units that read it most strongly.

    Args:
        network: A network, with its answer key or without.
        name: The name of the feature.

    Returns:
        A row per dimension of its code (`place` "dimension", with `strength` 1 or -1), and per unit
        of the first layer that reads it at least half as strongly as it reads anything (`place`
        "unit", `strength` in shares of the unit's strongest read).

    Raises:
        SourceError: No feature has this name.
        OptionError: An argument is of a wrong type.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b; z = b & c"), construction="monosemantic")
        >>> [row["place"] for row in ps.rows_of(ps.about_feature(network, "b"))]
        ['dimension', 'unit', 'unit']
    """
    instance("network", network, Network, "a network")
    feature = _feature(network, name)
    code = network.encoder.code
    columns: Columns = {"place": [], "number": [], "strength": []}
    order = np.argsort(code.positions[feature])
    for place in order.tolist():
        columns["place"].append("dimension")
        columns["number"].append(int(code.positions[feature, place]))
        columns["strength"].append(float(code.signs[feature, place]))
    read = reads_of_column(network, feature, 0)
    for unit in _strong_readers(network, feature).tolist():
        strongest = np.abs(reads_of_unit(network, unit, 0)).max()
        columns["place"].append("unit")
        columns["number"].append(unit)
        columns["strength"].append(float(read[unit] / strongest))
    return table_of(columns)


def interference(network: Network, one: str, other: str) -> dict[str, float]:
    """Return how much two features get into each other's way.

    Args:
        network: A network.
        one: The name of a feature.
        other: The name of another.

    Returns:
        `cosine` of their codes; `shared_dimensions`; `shared_units`, units of the first layer that
        read both at least half as strongly as they read anything; and `largest_read`, the largest
        share of a unit's strongest read that one of them has where only the other is read so.

    Raises:
        SourceError: No feature has one of these names.
        OptionError: An argument is of a wrong type, or both are the same feature.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b; z = b & c"), construction="monosemantic")
        >>> ps.interference(network, "a", "b")["shared_units"]
        1.0
    """
    instance("network", network, Network, "a network")
    places = [_feature(network, name) for name in (one, other)]
    if places[0] == places[1]:
        raise OptionError(f"one and other are both {one[:40]!r}; name two features")
    code = network.encoder.code
    rows = [
        dict(zip(code.positions[at].tolist(), code.signs[at].tolist(), strict=True))
        for at in places
    ]
    shared = rows[0].keys() & rows[1].keys()
    readers = [set(_strong_readers(network, at).tolist()) for at in places]
    reads = [reads_of_column(network, at, 0) for at in places]
    apart = [0.0]
    for mine, foreign in ((0, 1), (1, 0)):
        for unit in readers[mine] - readers[foreign]:
            apart.append(abs(float(reads[foreign][unit] / reads[mine][unit])))
    return {
        "cosine": sum(rows[0][at] * rows[1][at] for at in shared) / code.weight,
        "shared_dimensions": float(len(shared)),
        "shared_units": float(len(readers[0] & readers[1])),
        "largest_read": max(apart),
    }


def effective_features(network: Network, layer: int = 0) -> NDArray[np.float64]:
    """Return the effective number of features that each unit reads.

    Args:
        network: A network; a deeper layer needs its answer key, and then wires are counted.
        layer: The number of the layer.

    Returns:
        float64 (units,): (sum of r^2)^2 / sum of r^4 over the reads r of a unit, which is k for k
        equal reads and no others, and 0 for a unit that reads nothing.

    Raises:
        OptionError: There is no such layer, or it is a deeper one and there is no key.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b"), construction="monosemantic")
        >>> ps.effective_features(network).tolist()
        [2.0]
    """
    instance("network", network, Network, "a network")
    return effective_numbers(network, whole_number("layer", layer, 0, len(network.layers) - 1))


def strangest_company(network: Network, unit: int, layer: int = 0) -> tuple[str, str] | None:
    """Return the two things on a unit that have least to do with each other, in words.

    Those are two terms (in a deep network: wires) that share no literal, if there are such, and of
    these the two with the fewest other units in common; of equal pairs, the first.

    Args:
        network: A network with its answer key.
        unit: The number of the unit.
        layer: The number of its layer.

    Returns:
        Both, or None where the unit serves fewer than two.

    Raises:
        OptionError: There is no key, or no such unit.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(1000, 1000), neurons=600)
        >>> len(ps.strangest_company(network, 0))
        2
    """
    instance("network", network, Network, "a network")
    key = network.key
    if key is None:
        raise OptionError("the network has no answer key; what a unit serves is known only from it")
    columns = key.columns_of(unit, layer)
    if len(columns) < 2:
        return None
    held = key.layers[layer]
    units = [set(held.units[held.offsets[one] : held.offsets[one + 1]].tolist()) for one in columns]
    literals = [_literals(key, int(one), layer) for one in columns]
    pairs = [(i, j) for i in range(len(columns)) for j in range(i + 1, len(columns))]
    least = min(
        pairs,
        key=lambda pair: (
            len(literals[pair[0]] & literals[pair[1]]),
            len(units[pair[0]] & units[pair[1]]),
            pair,
        ),
    )
    first, second = (key.describe(int(columns[place]), layer) for place in least)
    return first, second


def _feature(network: Network, name: str) -> int:
    """Return the number of a feature by name; raise SourceError where there is none."""
    text("name", name)
    features = network.encoder.features
    found = features.find(name)
    if found is None:
        near = did_you_mean(name, features.listed or ())
        raise SourceError(f"no feature is named {name[:40]!r}{near}")
    return found


def _readout_weights(network: Network, output: int | None) -> dict[int, int]:
    """Return the weights with which an output reads units; none for no output."""
    if output is None:
        return {}
    readout = network.readout
    run = slice(int(readout.offsets[output]), int(readout.offsets[output + 1]))
    pairs = zip(readout.neurons[run].tolist(), readout.weights[run].tolist(), strict=True)
    return dict(pairs)


def _strong_readers(network: Network, feature: int) -> NDArray[np.int64]:
    """Return units of the first layer that read a feature half as strongly as anything, rising."""
    read = np.abs(reads_of_column(network, feature, 0))
    able = np.flatnonzero(2 * read > read.max())
    kept = [
        unit
        for unit in able.tolist()
        if read[unit] >= _STRONG * np.abs(reads_of_unit(network, unit, 0)).max()
    ]
    return np.array(kept, np.int64)


def _needed(key: AnswerKey, unit: int, layer: int, of: Reads) -> dict[int, list[str]]:
    """Return the columns below that gates on a unit need, each with these gates in words."""
    column_of = {int(wire): place for place, wire in enumerate(of.wires.tolist())}
    needed: dict[int, list[str]] = {}
    for column in key.columns_of(unit, layer).tolist():
        for literal in sorted(_literals(key, column, layer)):
            if literal in column_of:
                needed.setdefault(column_of[literal], []).append(key.describe(column, layer))
    return needed


def _literals(key: AnswerKey, column: int, layer: int) -> set[int]:
    """Return the wires that a column reads: its term's literals, or its gate's inputs."""
    if key.has_terms:
        terms = key.terms
        return set(terms.literals[terms.offsets[column] : terms.offsets[column + 1]].tolist())
    circuit, wire = key.circuit, int(key.layers[layer].wires[column])
    gate = wire - len(circuit.features)
    if gate < 0:
        return {wire}
    run = slice(int(circuit.fan_in_offsets[gate]), int(circuit.fan_in_offsets[gate + 1]))
    return {wire, *circuit.fan_in[run].tolist()}
