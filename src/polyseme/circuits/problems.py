"""Named problems: circuits drawn at random or listed by rule, of any size up to the limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.drawing.influence import INFLUENCES, all_sets, count_sets, draw_gates
from polyseme.circuits.drawing.layered import draw_layers
from polyseme.circuits.names import Names
from polyseme.circuits.readers.facts import facts_from_table
from polyseme.common.arguments import instance, shown_value, text, whole_number
from polyseme.errors import SourceError

MAX_SIZE = 10**8
MAX_SEED = 2**63 - 1

MAX_LAYERED_GATES = 10**7
# With fewer than two gates of a kind, one that reads a wire twice has none to exchange inputs with.
MIN_LAYERED_WIDTH = 8

# Up to this many pairs are named after their features; more are numbered.
MAX_NAMED_PAIRS = 100_000


def pairwise_and(features: int, gates: int, influence: str = "regular", seed: int = 0) -> Circuit:
    """ANDs of `gates` distinct random pairs of features; each gate is an output.

    `influence` is "regular" (every feature is read equally often, to within one), "uniform" (all
    sets of pairs equally likely) or "zipf" (feature i is read in proportion to 1 / (i + 1)). Raises
    OptionError for sizes below 1 or above 10^8, and SourceError for more gates than pairs, or a
    zipf problem too dense to draw.
    """
    return _random_ands("and2:", features, gates, 2, influence, seed)


def k_and(
    features: int, gates: int, inputs: int, influence: str = "regular", seed: int = 0
) -> Circuit:
    """ANDs of `gates` distinct random sets of `inputs` features; otherwise as `pairwise_and`.

    Raises SourceError also where gates x inputs is above 10^8.
    """
    _check_size("inputs", inputs)
    return _random_ands(f"and:k={inputs},", features, gates, inputs, influence, seed)


def permutation(features: int, seed: int = 0) -> Circuit:
    """The features in a random order: output j is feature order[j], through an identity gate.

    Raises OptionError for a size below 1 or above 10^8.
    """
    _check_size("features", features)
    _check_seed(seed)
    order = np.random.default_rng(seed).permutation(features).astype(np.int32)
    name = f"permutation:features={features}{_seed_note(seed)}"
    return _gates_as_outputs(name, features, GateKind.IDENTITY, order.reshape(-1, 1))


def universal_and(features: int) -> Circuit:
    """ANDs of all pairs of features in lexicographic order.

    Outputs are called "x0&x1", ..., or numbered if there are more than 100 000. Raises SourceError
    for fewer than 2 features or more than 10^8 pairs, and OptionError for what is no size.
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
    """A deep random circuit: `depth` levels of `width` gates, the last of which are the outputs.

    A quarter each are AND, OR and AND_NOT of two wires of the level before, the others identities.
    With `active` features on, about so many gates are on at every level (see `layered.py`). Raises
    SourceError for a width below 8 or below `active`, and for more than 10^7 gates, and
    OptionError for sizes below 1.
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


def facts(table: Mapping[str, Mapping[str, str]]) -> Circuit:
    """A table of facts, subject -> relation -> object, as a circuit.

    See `readers.facts` for the circuit and the rules; raises SourceError naming the subject, and
    OptionError where the table is no mapping of mappings.
    """
    instance("table", table, Mapping, "a mapping of subjects")
    for subject, row in table.items():
        instance(
            f"table[{shown_value(subject)}]", row, Mapping, "a mapping of relations to objects"
        )
    return facts_from_table(table)


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
    """Gates of one kind, each an output; `reads` is (gates, inputs)."""
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
    """Raise SourceError where several arguments, each in range, make too large a problem."""
    if not 1 <= size <= MAX_SIZE:
        raise SourceError(f"{what} {size} must be a whole number from 1 to {MAX_SIZE}")
