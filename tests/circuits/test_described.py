"""What reports say of a circuit: how many gates read a feature, and the seed of its problem."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.circuits.described import GatesPerFeature, problem_seed_in_words


def counted(circuit: ps.Circuit) -> GatesPerFeature:
    """The numbers, by looking at every gate."""
    reads: Counter[int] = Counter()
    for gate in range(circuit.gates):
        begin, end = circuit.fan_in_offsets[gate : gate + 2]
        reads.update(int(wire) for wire in circuit.fan_in[begin:end])
    each = [reads[feature] for feature in range(len(circuit.features))]
    return GatesPerFeature(min(each), sum(each) / len(each), max(each))


@pytest.mark.parametrize(
    "source",
    [
        "and2:features=50,gates=70",
        "and2:features=50,gates=70,influence=uniform",
        "and2:features=50,gates=70,influence=zipf",
        "and:k=4,features=50,gates=30,influence=regular",
        "and:k=4,features=50,gates=30,influence=uniform",
        "and:k=4,features=50,gates=30,influence=zipf",
        "layered:width=12,depth=3",
        "uand:features=9",
        "permutation:features=7",
    ],
)
def test_gates_per_feature_are_those_of_every_gate(source: str) -> None:
    circuit = ps.read(source)
    assert circuit.gates_per_feature == counted(circuit)


@pytest.mark.parametrize("inputs", [2, 3, 4])
def test_problems_of_equal_influence_read_every_feature_equally_often(inputs: int) -> None:
    circuit = ps.problems.k_and(40, 40, inputs)
    assert circuit.gates_per_feature == GatesPerFeature(inputs, inputs, inputs)
    assert f"every feature in exactly {inputs} gates" in str(circuit)
    for influence in ("uniform", "zipf"):
        drawn = ps.problems.k_and(400, 400, inputs, influence)
        use = drawn.gates_per_feature
        assert use.least < inputs < use.most
        assert use.mean == pytest.approx(inputs)
        assert f"each feature in {use.least} to {use.most:,} gates, {inputs}.0 on" in str(drawn)


def test_zipf_influence_falls_with_the_number_of_the_feature() -> None:
    spread = [
        ps.problems.pairwise_and(300, 300, influence).gates_per_feature.most
        for influence in ("regular", "uniform", "zipf")
    ]
    assert spread == sorted(spread)
    assert spread[0] < spread[1] < spread[2] / 3


def test_words_of_gates_per_feature() -> None:
    assert str(GatesPerFeature(1, 1.0, 1)) == "every feature in exactly 1 gate"
    assert str(GatesPerFeature(2, 2.0, 2)) == "every feature in exactly 2 gates"
    assert str(GatesPerFeature(0, 2.04, 1113)) == "each feature in 0 to 1,113 gates, 2.0 on average"


@pytest.mark.parametrize(
    ("source", "seed"),
    [
        ("and2:features=9", 0),
        ("and2:features=9,seed=0", 0),
        ("and2:features=9,seed=3,influence=zipf,gates=4", 3),
        ("and:k=3,features=9,seed=12", 12),
        ("permutation:features=9,seed=4", 4),
        ("layered:width=9,depth=2,seed=5", 5),
        ("uand:features=9", None),
    ],
)
def test_problems_know_their_seed(source: str, seed: int | None) -> None:
    circuit = ps.read(source)
    assert circuit.problem_seed == seed
    assert ("problem seed" in str(circuit)) == (seed is not None)
    words = "no random problem" if seed is None else f"problem {seed} (seed= in SOURCE)"
    assert problem_seed_in_words(circuit.name) == words


@pytest.mark.parametrize("name", ["c17.bench", "and2", "and2:.bench", "circuit", "my and2:seed=3"])
def test_other_circuits_have_no_seed(tmp_path: Path, name: str) -> None:
    circuit = ps.build_circuit(["a", "b"], [(ps.GateKind.AND, [0, 1])], [2], name=name)
    assert circuit.problem_seed is None
    table = tmp_path / "facts.csv"
    table.write_text("city,country\nLima,Peru\n")
    assert ps.read(str(table)).problem_seed is None
