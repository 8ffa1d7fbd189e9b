"""Small circuits that every stage must carry: evaluate, normalise, compile, save and export.

One entry per circuit, with the promise it is compiled for. `tests/whole/test_corpus.py` runs them
all through all stages; a new stage takes the same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyseme.circuits import Circuit, GateKind, build_circuit, problems
from support.heavy_light import heavy_and_light
from support.linked import linked

AND, OR, XOR = GateKind.AND, GateKind.OR, GateKind.XOR
AND_NOT, IDENTITY = GateKind.AND_NOT, GateKind.IDENTITY
Gate = tuple[GateKind, Sequence[int]]


@dataclass(frozen=True)
class Entry:
    """A circuit, and the most features that are on at once.

    Large circuits name the constructions that are tried on them; on others all are.
    """

    circuit: Circuit
    active: int
    constructions: tuple[str, ...] = ()


def _entry(
    features: int | list[str],
    gates: list[Gate],
    outputs: list[int],
    active: int,
    *,
    names: list[str] | None = None,
    inverted: Sequence[bool] = (),
) -> Entry:
    listed = [f"x{number}" for number in range(features)] if isinstance(features, int) else features
    return Entry(
        build_circuit(listed, gates, outputs, names, inverted=inverted or [False] * len(outputs)),
        active,
    )


def _parity_tree() -> Entry:
    level: list[int] = list(range(8))
    gates: list[Gate] = []
    while len(level) > 1:
        pairs = list(zip(level[::2], level[1::2], strict=True))
        level = [8 + len(gates) + number for number in range(len(pairs))]
        gates += [(XOR, pair) for pair in pairs]
    return _entry(8, gates, level, 4)


def _adder() -> Entry:
    """a1 a0 + b1 b0 = s2 s1 s0; the carry of the first bit is read twice."""
    gates: list[Gate] = [
        (XOR, (0, 2)),
        (AND, (0, 2)),
        (XOR, (1, 3)),
        (AND, (1, 3)),
        (XOR, (6, 5)),
        (AND, (6, 5)),
        (OR, (7, 9)),
    ]
    return _entry(["a0", "a1", "b0", "b1"], gates, [4, 8, 10], 4, names=["s0", "s1", "s2"])


def _chain() -> Entry:
    gates: list[Gate] = [(AND, (0, 1))]
    for number in range(1, 6):
        gates.append((OR if number % 2 else AND_NOT, (7 + number - 1, 1 + number)))
    return _entry(7, gates, [12], 3)


_FACTS = {
    "France": {"capital": "Paris", "continent": "Europe"},
    "Korea, South": {"capital": "Seoul", "continent": "Asia"},
    "Peru": {"capital": "Lima"},
    "Italy": {"capital": "Rome", "continent": "Europe"},
}

CORPUS: dict[str, Entry] = {
    # Single gates.
    "an AND": _entry(2, [(AND, (0, 1))], [2], 2),
    "an OR": _entry(2, [(OR, (0, 1))], [2], 2),
    "an XOR": _entry(2, [(XOR, (0, 1))], [2], 2),
    "an AND_NOT": _entry(2, [(AND_NOT, (0, 1))], [2], 2),
    "an identity": _entry(1, [(IDENTITY, (0,))], [1], 1),
    # One hidden layer.
    "ORs of ANDs": _entry(
        6,
        [(AND, (0, 1)), (AND, (2, 3)), (AND, (4, 5)), (OR, (6, 7)), (OR, (7, 8))],
        [9, 10],
        3,
    ),
    "ORs of ORs": _entry(5, [(OR, (0, 1)), (OR, (5, 2)), (OR, (6, 3, 4))], [5, 6, 7], 3),
    "negations": _entry(
        6, [(AND_NOT, (0, 1)), (AND_NOT, (2, 3, 4)), (AND_NOT, (5, 0, 1, 2))], [6, 7, 8], 4
    ),
    "XORs": _entry(6, [(XOR, (0, 1)), (XOR, (1, 2, 3)), (XOR, (4, 5))], [6, 7, 8], 3),
    "a wide AND": _entry(7, [(AND, range(6)), (AND, (0, 6))], [7, 8], 6),
    "a wide OR": _entry(12, [(OR, range(12))], [12], 3),
    "a wide XOR": _entry(7, [(XOR, range(7))], [7], 4),
    "shared inputs": _entry(9, [(AND, (0, other)) for other in range(1, 9)], list(range(9, 17)), 3),
    "no input shared": _entry(
        12, [(AND, (2 * gate, 2 * gate + 1)) for gate in range(6)], list(range(12, 18)), 3
    ),
    "an unused feature": _entry(5, [(AND, (0, 1)), (AND, (1, 3))], [5, 6], 2),
    "a feature that is an output": _entry(3, [(AND, (0, 1))], [3, 2, 0], 2),
    "features alone": _entry(5, [], [4, 0, 2], 3),
    "duplicates": _entry(4, [(AND, (0, 1)), (AND, (1, 0)), (AND, (2, 3))], [4, 5, 6, 6, 4], 3),
    "kinds mixed": _entry(
        6,
        [(AND, (0, 1)), (OR, (2, 3)), (XOR, (3, 4)), (AND_NOT, (4, 5)), (IDENTITY, (5,))],
        [6, 7, 8, 9, 10],
        3,
    ),
    "odd names": _entry(
        ["città", "a,b", 'the "x"', "[bold]", " = ", "-1"],
        [(AND, (0, 1)), (AND, (2, 3)), (OR, (4, 5))],
        [6, 7, 8],
        3,
        names=["東京", "y;z", "%s\\n"],
    ),
    # Outputs that are on at rest, and constants.
    "on at rest": _entry(
        4, [(AND, (0, 1)), (OR, (2, 3))], [4, 5, 5], 3, inverted=[True, True, False]
    ),
    "constants": _entry(3, [(AND, (0, 1))], [-1, -1, 3], 2, inverted=[False, True, False]),
    # Several levels.
    "a mux": _entry(
        ["choice", "one", "other"],
        [(AND, (0, 1)), (AND_NOT, (2, 0)), (OR, (3, 4))],
        [5],
        3,
    ),
    "an adder": _adder(),
    "a parity tree": _parity_tree(),
    "a chain": _chain(),
    "a gate both read and an output": _entry(
        4, [(AND, (0, 1)), (XOR, (4, 2)), (AND, (5, 3))], [4, 5, 6], 4
    ),
    # Every named problem.
    "and2": Entry(problems.pairwise_and(24, 30), 3),
    "and2, zipf": Entry(problems.pairwise_and(24, 30, "zipf"), 3),
    "and:k=3": Entry(problems.k_and(24, 24, 3), 3),
    "permutation": Entry(problems.permutation(20), 3),
    "uand": Entry(problems.universal_and(9), 3),
    "layered": Entry(problems.layered(12, 3, 2), 2),
    "facts": Entry(problems.facts(_FACTS), 3),
    "heavy and light": Entry(heavy_and_light(4, 24), 3),
    # Large enough for constructions that need many features or gates, or heavy features.
    "and2 of many features": Entry(
        problems.pairwise_and(300, 300), 3, ("auto", "tight-frames", "reed-solomon")
    ),
    "and2 of more gates": Entry(
        problems.pairwise_and(800, 800),
        3,
        ("three-channel", "output-channel", "k-and", "adler-shavit"),
    ),
    "permutation of many features": Entry(
        problems.permutation(600), 3, ("one-bit", "permutation", "single-use")
    ),
    "uand of more features": Entry(problems.universal_and(45), 3, ("input-channel",)),
    "few heavy and many light": Entry(heavy_and_light(4, 800), 3, ("mixed-channel", "pooled")),
    "linked facts": Entry(linked(1000, 800), 2, ("auto", "hops", "monosemantic")),
}

# A circuit of the table on which each construction has the room that it declares. The others it may
# refuse, saying why, or be too small for: it has at most one neuron per gate, or one per term.
SERVED: dict[str, str] = {
    "monosemantic": "ORs of ANDs",
    "three-channel": "and2 of more gates",
    "least-noise": "and2 of many features",
    "tight-frames": "and2 of many features",
    "one-bit": "permutation of many features",
    "adler-shavit": "and2 of more gates",
    "output-channel": "and2 of more gates",
    "single-use": "permutation of many features",
    "input-channel": "uand of more features",
    "mixed-channel": "few heavy and many light",
    "pooled": "few heavy and many light",
    "k-and": "and2 of more gates",
    "and-tree": "and:k=3",
    "permutation": "permutation of many features",
    "deep": "layered",
    "hops": "linked facts",
    "error-correction": "layered",
    "universal-and": "uand",
    "gaussian-products": "and2",
    "rademacher-products": "and2",
    "targeted-pairs": "and2",
    "reed-solomon": "and:k=3",
    "quadratic": "an AND",
}
