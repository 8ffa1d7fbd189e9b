"""Named problems: circuits drawn at random or given by a rule, of any size up to the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.drawing.influence import INFLUENCES, all_sets, count_sets, draw_gates
from polyseme.circuits.drawing.layered import draw_layers
from polyseme.circuits.frames import facts_of
from polyseme.circuits.names import Names
from polyseme.circuits.readers.linked_facts import linked_facts_from_tables
from polyseme.common.arguments import instance, shown_value, text, whole_number
from polyseme.errors import SourceError

MAX_SIZE = 10**8
MAX_SEED = 2**63 - 1

MAX_LAYERED_GATES = 10**7
# A gate drawn with the same wire twice exchanges an input with another gate of its kind, so there
# must be at least two gates of every kind.
MIN_LAYERED_WIDTH = 8

# Up to this many pairs are named after their features; more are numbered.
MAX_NAMED_PAIRS = 100_000


def pairwise_and(features: int, gates: int, influence: str = "regular", seed: int = 0) -> Circuit:
    """Return a circuit of ANDs of distinct random pairs of features.

    Every gate is an output. Features are named "x0", "x1", ..., and outputs "g0", "g1", ...

    Args:
        features: Number of features, 1 to 10^8.
        gates: Number of gates, 1 to 10^8.
        influence: The way the pairs are drawn: "regular" (every feature is read equally often, to
            within one; by exactly 2 gates if there are as many gates as features), "uniform" (all
            sets of pairs are equally likely) or "zipf" (feature i is drawn with probability
            proportional to 1 / (i + 1)).
        seed: Seed of the random pairs, 0 to 2^63 - 1. A network has a seed of its own.

    Returns:
        The circuit, of depth 1.

    Raises:
        OptionError: A number or `influence` is not one of these.
        SourceError: There are fewer pairs than gates, gates x 2 is above 10^8, or a "zipf" problem
            is too dense to draw.

    Example:
        >>> import polyseme as ps
        >>> ps.problems.pairwise_and(100, 100)
        Circuit('and2:features=100,gates=100': 100 features, 100 gates, 100 outputs, depth 1)
    """
    return _random_ands("and2:", features, gates, 2, influence, seed)


def k_and(
    features: int, gates: int, inputs: int, influence: str = "regular", seed: int = 0
) -> Circuit:
    """Return a circuit of ANDs of distinct random sets of features, otherwise as `pairwise_and`.

    Args:
        features: Number of features, 1 to 10^8.
        gates: Number of gates, 1 to 10^8.
        inputs: Number of features that each gate reads, 1 to 10^8.
        influence: The way the sets are drawn, as for `pairwise_and`; with as many gates as
            features, "regular" reads every feature by exactly `inputs` gates.
        seed: Seed of the random sets, 0 to 2^63 - 1.

    Returns:
        The circuit, of depth 1.

    Raises:
        OptionError: A number or `influence` is not one of these.
        SourceError: There are fewer sets than gates, gates x inputs is above 10^8, or a problem is
            too dense, or its gates too wide, to draw.

    Example:
        >>> import polyseme as ps
        >>> ps.problems.k_and(100, 50, 3)
        Circuit('and:k=3,features=100,gates=50': 100 features, 50 gates, 50 outputs, depth 1)
    """
    _check_size("inputs", inputs)
    return _random_ands(f"and:k={inputs},", features, gates, inputs, influence, seed)


def permutation(features: int, seed: int = 0) -> Circuit:
    """Return a circuit whose outputs are the features in a random order.

    Each output is an identity gate of one feature, and no two read the same feature.

    Args:
        features: Number of features, and of outputs, 1 to 10^8.
        seed: Seed of the random order, 0 to 2^63 - 1.

    Returns:
        The circuit, of depth 1.

    Raises:
        OptionError: A number is out of range.

    Example:
        >>> import polyseme as ps
        >>> ps.problems.permutation(50)
        Circuit('permutation:features=50': 50 features, 50 gates, 50 outputs, depth 1)
    """
    _check_size("features", features)
    _check_seed(seed)
    order = np.random.default_rng(seed).permutation(features).astype(np.int32)
    name = f"permutation:features={features}{_seed_note(seed)}"
    return _gates_as_outputs(name, features, GateKind.IDENTITY, order.reshape(-1, 1))


def universal_and(features: int) -> Circuit:
    """Return a circuit of ANDs of all pairs of features, in lexicographic order.

    Outputs are named "x0&x1", "x0&x2", ..., or numbered if there are more than 100 000.

    Args:
        features: Number of features, at least 2.

    Returns:
        The circuit, of depth 1.

    Raises:
        OptionError: `features` is no whole number from 1 to 10^8.
        SourceError: There are no pairs, or more than 10^8.

    Example:
        >>> import polyseme as ps
        >>> list(ps.problems.universal_and(3).output_names)
        ['x0&x1', 'x0&x2', 'x1&x2']
    """
    _check_size("features", features)
    _check_product("pairs of features", int(features) * (int(features) - 1) // 2)
    name = f"uand:features={features}"
    pairs = all_sets(features, 2)
    if len(pairs) > MAX_NAMED_PAIRS:
        return _gates_as_outputs(name, features, GateKind.AND, pairs)
    named = Names([f"x{first}&x{second}" for first, second in pairs.tolist()])
    return _gates_as_outputs(name, features, GateKind.AND, pairs, named)


def layered(width: int, depth: int, active: int = 3, seed: int = 0) -> Circuit:
    """Return a deep random circuit in which activity neither dies out nor spreads.

    Of the gates of each level, a quarter each are AND, OR and AND_NOT of two wires of the level
    before, and the others are identities. With `active` features on, about as many gates are on at
    every level (see `drawing/layered.py`). The gates of the last level are the outputs.

    Args:
        width: Number of features, and of gates per level, at least 8.
        depth: Number of levels, at least 1.
        active: Number of features on at once, 1 to `width`.
        seed: Seed of the random gates, 0 to 2^63 - 1.

    Returns:
        The circuit.

    Raises:
        OptionError: A number is not whole, below 1 (`seed`: below 0) or too large.
        SourceError: `width` is below 8 or below `active`, or there are more than 10^7 gates.

    Example:
        >>> import polyseme as ps
        >>> ps.problems.layered(20, 5)
        Circuit('layered:width=20,depth=5,active=3': 20 features, 100 gates, 20 outputs, depth 5)
    """
    for what, size in (("width", width), ("depth", depth), ("active", active)):
        _check_size(what, size)
    _check_seed(seed)
    name = f"layered:width={width},depth={depth},active={active}{_seed_note(seed)}"
    if width < MIN_LAYERED_WIDTH:
        raise SourceError(f"{name}: width must be at least {MIN_LAYERED_WIDTH}")
    if active > width:
        raise SourceError(f"{name}: active must be at most width, {width}")
    gates = int(width) * int(depth)
    if gates > MAX_LAYERED_GATES:
        raise SourceError(f"{name}: width x depth {gates} must be at most {MAX_LAYERED_GATES}")
    generator = np.random.default_rng(seed)
    kinds, offsets, fan_in = draw_layers(int(width), int(depth), int(active), generator)
    return Circuit(
        features=Names(prefix="x", count=width),
        kinds=kinds,
        fan_in_offsets=offsets,
        fan_in=fan_in,
        outputs=np.arange(gates, gates + width, dtype=np.int32),
        output_names=Names(prefix="g", count=width),
        name=name,
    )


def facts(table: Any) -> Circuit:
    """Return the circuit of facts: of a dictionary, a frame or a list of triples.

    Subjects and relations become features, and `relation=object` becomes an output. A fact becomes
    the AND of its subject and its relation, and an output with several facts the OR of their ANDs.
    A subject may have several objects in one relation.

    Args:
        table: One of these. A mapping of subjects to mappings of relations to an object, or to a
            list of objects; all are text, and an empty object is no fact. A frame of pandas or
            polars, or a mapping of names to columns: the first column has the subjects (of pandas,
            an index that is named or of text), and each other one is a relation; a frame of the
            columns subject, relation and object has triples. A list of triples (subject, relation,
            object). In frames and triples numbers become text, None and NaN are empty, and a cell
            may be a list of objects.

    Returns:
        The circuit.

    Raises:
        OptionError: `table` is none of these.
        SourceError: A subject, relation or object breaks a rule of names, or there is no fact; the
            message names the subject or the row.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.facts({"Tokyo": {"country": "Japan", "continent": "Asia"}})
        >>> list(circuit.features), list(circuit.output_names)
        (['Tokyo', 'country', 'continent'], ['country=Japan', 'continent=Asia'])
        >>> triples = [("Bolivia", "capital", "La Paz"), ("Bolivia", "capital", "Sucre")]
        >>> list(ps.problems.facts(triples).output_names)
        ['capital=La Paz', 'capital=Sucre']
    """
    return facts_of(table)


def linked_facts(tables: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Circuit:
    """Return the circuit of tables of facts that refer to each other, asked by chains of relations.

    The first table has the subjects that are asked about. Every other one is named after a relation
    and says more about its objects. Subjects and chains, such as "city: country", become features,
    and the facts of every hop outputs.

    Args:
        tables: Mapping of names to tables as `facts` takes them: subjects to mappings of relations
            to objects, all of them text. An empty object is no fact.

    Returns:
        The circuit.

    Raises:
        OptionError: `tables` is not a mapping of mappings of mappings.
        SourceError: A name breaks a rule, no chain reaches a table, or an object is no subject of
            the table that says more about it; the message names the table and the subject.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.linked_facts(
        ...     {
        ...         "airport": {"HND": {"city": "Tokyo"}, "NRT": {"city": "Tokyo"}},
        ...         "city": {"Tokyo": {"country": "Japan"}},
        ...     }
        ... )
        >>> list(circuit.features), list(circuit.output_names)
        (['HND', 'NRT', 'city', 'city: country'], ['city=Tokyo', 'country=Japan'])
    """
    instance("tables", tables, Mapping, "a mapping of tables")
    for key, table in tables.items():
        place = f"tables[{shown_value(key)}]"
        instance(place, table, Mapping, "a mapping of subjects")
        for subject, row in table.items():
            place_of_row = f"{place}[{shown_value(subject)}]"
            instance(place_of_row, row, Mapping, "a mapping of relations to objects")
    return linked_facts_from_tables(tables)


def _random_ands(
    prefix: str, features: int, gates: int, inputs: int, influence: str, seed: int
) -> Circuit:
    _check_size("features", features)
    _check_size("gates", gates)
    _check_product("gates x inputs", int(gates) * int(inputs))
    _check_seed(seed)
    name = f"{prefix}features={features},gates={gates}"
    text("influence", influence, INFLUENCES)
    if inputs > features:
        raise SourceError(f"{name}: a gate cannot read {inputs} of {features} features")
    sets = count_sets(int(features), int(inputs), int(gates))
    if sets < gates:
        raise SourceError(
            f"{name}: {features} features have only {sets} sets of {inputs}, too few for {gates} "
            "distinct gates"
        )
    generator = np.random.default_rng(seed)
    reads = draw_gates(int(features), int(gates), int(inputs), influence, generator)
    if influence != "regular":
        name += f",influence={influence}"
    return _gates_as_outputs(name + _seed_note(seed), features, GateKind.AND, reads)


def _gates_as_outputs(
    name: str,
    features: int,
    kind: GateKind,
    reads: NDArray[np.int32],
    output_names: Names | None = None,
) -> Circuit:
    """Return a circuit of gates of one kind, each an output; `reads` is (gates, inputs)."""
    gates, inputs = reads.shape
    return Circuit(
        features=Names(prefix="x", count=features),
        kinds=np.full(gates, kind, np.uint8),
        fan_in_offsets=np.arange(gates + 1, dtype=np.int64) * inputs,
        fan_in=reads.ravel(),
        outputs=np.arange(features, features + gates, dtype=np.int32),
        output_names=output_names or Names(prefix="g", count=gates),
        name=name,
    )


def _seed_note(seed: int) -> str:
    return f",seed={seed}" if seed else ""


def _check_seed(seed: int) -> None:
    whole_number("seed", seed, 0, MAX_SEED)


def _check_size(what: str, size: int) -> None:
    whole_number(what, size, 1, MAX_SIZE)


def _check_product(what: str, size: int) -> None:
    """Raise SourceError if arguments that are each in range together make too large a problem."""
    if not 1 <= size <= MAX_SIZE:
        raise SourceError(f"{what} {size} must be a whole number from 1 to {MAX_SIZE}")
