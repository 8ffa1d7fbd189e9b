"""The networks of the suite by name: CIRCUIT-SIZE-loadL, `mono` and a few of their own.

SIZE is the number of features (of airports that of subjects). The load L says how many times the
neurons are that the circuit needs at the least: the least width at which the error is confirmed
under 1e-3 and the hidden layer computes the gates (`least_width.py`). `mono` is the exact network.
"""

from __future__ import annotations

from dataclasses import replace

from polyseme.interpret.benchmark.suite.spec import Spec

# The loads that every circuit in superposition is there at, by how they are written.
LOADS = {"load1": 1.0, "load1.5": 1.5, "load2": 2.0, "load4": 4.0}

# Every circuit at its least width: `python -m polyseme.interpret.benchmark.suite.least_width`.
LEAST = {
    "airports-300": Spec("suite:airports.csv", 2, 148, "pooled", "queries"),
    "and2-64": Spec("and2:features=64,gates=32", 2, 48, "least-noise", "gates 0.5"),
    "and2-100": Spec("and2:features=100,gates=50", 2, 63, "least-noise", "gates 0.5"),
    "and2-200": Spec("and2:features=200", 2, 134, "least-noise", "gates 0.5"),
    "and2-1000": Spec("and2:features=1000", 3, 629, "least-noise", "gates 0.5"),
    "and3-200": Spec("and:k=3,features=200", 3, 153, "least-noise", "gates 1"),
    "permutation-64": Spec("permutation:features=64", 1, 47, "least-noise", "uniform"),
    "permutation-200": Spec("permutation:features=200", 1, 102, "least-noise", "uniform"),
}

# The exact network takes as many neurons as it takes.
_ANY = 10_000
# Networks that are exact only, the real circuit among them.
_EXACT = {
    "adder-8": Spec("example:adder", 8, _ANY, "monosemantic", "any"),
    "layered-100": Spec("layered:width=100,depth=2", 3, _ANY, "monosemantic", "uniform"),
    "layered-100-depth4": Spec("layered:width=100,depth=4", 3, _ANY, "monosemantic", "uniform"),
    "threshold-60": Spec("suite:threshold.eqn", 8, _ANY, "monosemantic", "uniform"),
}


def _specs() -> dict[str, Spec]:
    found = {}
    for circuit, spec in LEAST.items():
        for load, times in LOADS.items():
            found[f"{circuit}-{load}"] = replace(spec, neurons=int(times * spec.neurons))
        found[f"{circuit}-mono"] = replace(spec, neurons=_ANY, construction="monosemantic")
    found |= {f"{circuit}-mono": spec for circuit, spec in _EXACT.items()}
    # The weights of and2-200-load1 in random order: nothing that it should be is there to find.
    found["and2-200-random"] = replace(found["and2-200-load1"], shuffled=True, computed=False)
    # Descent makes of a network that does not compute its gates one that does. The last 20 features
    # are never on.
    found["and2-200-refined"] = Spec(
        "and2:features=200", 3, 250, "least-noise", "never 20", passes=60
    )
    return dict(sorted(found.items()))


SPECS = _specs()

# The networks of every suite. Behind a plus is how it is dressed (`dressing.py`).
SUITES = {
    "core": (
        "and2-200-load1",
        "and2-200-load2",
        "and2-200-load4",
        "and2-200-mono",
        "and2-200-refined",
        "and3-200-load1",
        "layered-100-mono",
        "permutation-200-load1",
        "threshold-60-mono",
        "airports-300-load1",
        "and2-100-load1",
        "adder-8-mono",
        "and2-200-random",
        "and2-200-load1+rotated",
        "and2-200-load1+noise",
    ),
    "small": ("and2-64-load1", "permutation-64-load1", "threshold-60-mono"),
}

# Changed whenever results of one version cannot stand beside those of another.
VERSION = 3
