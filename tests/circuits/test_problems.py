"""Named problems: what they draw, that the seed decides it, and how they are written."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, evaluate_dense, problems, read
from polyseme.circuits.drawing.balancing import balance
from polyseme.circuits.drawing.influence import count_sets
from polyseme.errors import PolysemeError, SourceError

MANY_DIGITS = "1" + "0" * 5000


def reads(circuit: Circuit) -> np.ndarray:
    """The inputs of gates that all have equally many, (gates, inputs)."""
    return circuit.fan_in.reshape(circuit.gates, -1)


def influence(circuit: Circuit) -> list[int]:
    return np.bincount(circuit.fan_in, minlength=len(circuit.features)).tolist()


def assert_distinct_ands(circuit: Circuit, features: int, gates: int, inputs: int) -> None:
    sets = {frozenset(row) for row in reads(circuit).tolist()}
    assert len(circuit.features) == features
    assert len(sets) == gates
    assert all(len(members) == inputs for members in sets)
    assert (circuit.kinds == GateKind.AND).all()
    assert circuit.outputs.tolist() == list(range(features, features + gates))


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int, int]:
    features = draw(st.integers(1, 12))
    inputs = draw(st.integers(1, features))
    return features, draw(st.integers(1, comb(features, inputs))), inputs


@given(sizes(), st.integers(0, 2**63 - 1))
@settings(max_examples=150, deadline=None)
def test_regular_gates_are_exactly_balanced(size: tuple[int, int, int], seed: int) -> None:
    features, gates, inputs = size
    circuit = problems.k_and(features, gates, inputs, seed=seed)
    assert_distinct_ands(circuit, features, gates, inputs)
    low = gates * inputs // features
    extra = gates * inputs % features
    assert sorted(influence(circuit)) == [low] * (features - extra) + [low + 1] * extra


@given(sizes(), st.integers(0, 2**63 - 1))
@settings(max_examples=80, deadline=None)
def test_uniform_gates_are_distinct(size: tuple[int, int, int], seed: int) -> None:
    features, gates, inputs = size
    circuit = problems.k_and(features, gates, inputs, "uniform", seed)
    assert_distinct_ands(circuit, features, gates, inputs)


@given(st.integers(20, 60), st.integers(1, 40), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_zipf_gates_are_distinct(features: int, gates: int, inputs: int, seed: int) -> None:
    gates = min(gates, comb(features, inputs) // 2)
    circuit = problems.k_and(features, gates, inputs, "zipf", seed)
    assert_distinct_ands(circuit, features, gates, inputs)


@pytest.mark.parametrize("profile", ["regular", "uniform"])
@pytest.mark.parametrize("gates", [1, 2, 5])
def test_all_sets_are_equally_likely(profile: str, gates: int) -> None:
    draws = 600
    count = dict.fromkeys(itertools.combinations(range(4), 2), 0)
    for seed in range(draws):
        for first, second in reads(problems.pairwise_and(4, gates, profile, seed)).tolist():
            count[first, second] += 1
    share = gates / 6
    # Five standard deviations of a share measured so often.
    slack = 5 * (share * (1 - share) / draws) ** 0.5
    assert all(abs(met / draws - share) < slack for met in count.values())


def test_zipf_draws_feature_i_in_proportion_to_its_rank() -> None:
    draws = 1000
    first = [int(problems.k_and(3, 1, 1, "zipf", seed).fan_in[0]) for seed in range(draws)]
    for rank, share in enumerate((6 / 11, 3 / 11, 2 / 11)):
        assert abs(first.count(rank) / draws - share) < 5 * (share * (1 - share) / draws) ** 0.5


def test_zipf_is_top_heavy_at_size() -> None:
    counts = np.array(influence(problems.pairwise_and(10_000, 10_000, "zipf")))
    assert counts[0] == counts.max()
    assert counts[0] > 5 * counts[9] > 25 * counts[90:110].mean()


def test_uniform_is_neither_regular_nor_top_heavy() -> None:
    counts = np.array(influence(problems.pairwise_and(1000, 10_000, "uniform")))
    # Nearly binomial: mean 20, standard deviation 4.5.
    assert 4 < counts.std() < 5
    assert abs(counts[:500].mean() - 20) < 1


@pytest.mark.parametrize("gates", [1, 50, 94, 95, 96, 140, 189, 190])
@pytest.mark.parametrize("profile", ["regular", "uniform"])
def test_every_density_up_to_all_pairs(gates: int, profile: str) -> None:
    circuit = problems.pairwise_and(20, gates, profile)
    assert_distinct_ands(circuit, 20, gates, 2)
    if profile == "regular":
        assert max(influence(circuit)) - min(influence(circuit)) <= 1


@pytest.mark.parametrize(
    ("features", "gates", "inputs"), [(12, 12, 11), (14, 3400, 7), (10_000, 1, 10_000)]
)
def test_a_zipf_problem_too_dense_is_refused_not_searched_for_ever(
    features: int, gates: int, inputs: int
) -> None:
    with pytest.raises(SourceError, match=r"too (many|wide) to draw"):
        problems.k_and(features, gates, inputs, "zipf")
    assert problems.k_and(features, gates, inputs, "uniform").gates == gates


@pytest.mark.parametrize("profile", ["regular", "uniform", "zipf"])
def test_the_seed_decides_everything(profile: str) -> None:
    one, same, other = (problems.pairwise_and(200, 300, profile, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.fan_in, same.fan_in)
    assert not np.array_equal(one.fan_in, other.fan_in)


def test_a_million_gates_are_small() -> None:
    circuit = problems.pairwise_and(1_000_000, 1_000_000)
    arrays = (circuit.kinds, circuit.fan_in_offsets, circuit.fan_in, circuit.outputs)
    assert sum(array.nbytes for array in (*arrays, circuit.levels)) < 2**25
    assert set(influence(circuit)) == {2}
    pairs = reads(circuit)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs.astype(np.int64) @ [10**6, 1])) == 10**6


def test_permutation_copies_each_feature_once() -> None:
    circuit = problems.permutation(50, seed=4)
    order = reads(circuit)[:, 0]
    assert sorted(order.tolist()) == list(range(50))
    assert (circuit.kinds == GateKind.IDENTITY).all()
    assert np.array_equal(evaluate_dense(circuit, np.eye(50, dtype=bool)), np.eye(50)[:, order])
    assert not np.array_equal(order, reads(problems.permutation(50, seed=5))[:, 0])


def test_universal_and_lists_all_pairs_in_order() -> None:
    circuit = problems.universal_and(7)
    pairs = list(itertools.combinations(range(7), 2))
    assert list(map(tuple, reads(circuit).tolist())) == pairs
    assert list(circuit.output_names) == [f"x{first}&x{second}" for first, second in pairs]


def test_universal_and_numbers_outputs_when_they_are_many() -> None:
    assert problems.universal_and(447).output_names[-1] == "x445&x446"
    assert problems.universal_and(448).output_names[-1] == "g100127"


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 1000))
@settings(max_examples=60, deadline=None)
def test_count_sets_is_the_binomial_up_to_its_limit(chosen: int, rest: int, limit: int) -> None:
    assert count_sets(chosen + rest, chosen, limit) == min(comb(chosen + rest, chosen), limit)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: problems.pairwise_and(0, 1), "features is 0; it must be 1 to"),
        (lambda: problems.pairwise_and(5, 0), "gates is 0; it must be 1 to"),
        (lambda: problems.pairwise_and(-5, 1), "features is -5; it must be"),
        (lambda: problems.pairwise_and(10**8 + 1, 1), "features is 100000001; it must be"),
        (lambda: problems.pairwise_and(10**5, 10**8 + 1), "gates is 100000001; it must be"),
        (
            lambda: problems.pairwise_and(10**9999, 1),
            "is a number of 33216 bits; it must be",
        ),
        (lambda: problems.pairwise_and(1e4, 1), "features is 10000.0; it must be"),
        (lambda: problems.pairwise_and(True, 1), "features is True; it must be"),
        (lambda: problems.pairwise_and(4, 7), "4 features have only 6 sets of 2, too few for 7"),
        (lambda: problems.pairwise_and(1, 1), "a gate cannot read 2 of 1 features"),
        (
            lambda: problems.pairwise_and(9, 9, "even"),
            "influence is 'even'; it must be one of",
        ),
        (lambda: problems.pairwise_and(9, 9, seed=-1), "seed is -1; it must be 0 to"),
        (
            lambda: problems.pairwise_and(9, 9, seed=2**63),
            "is 9223372036854775808; it must be",
        ),
        (lambda: problems.k_and(9, 9, 0), "inputs is 0; it must be 1 to"),
        (lambda: problems.k_and(10**8, 11, 10**7), "gates x inputs 110000000 must be"),
        (lambda: problems.permutation(0), "features is 0; it must be"),
        (lambda: problems.permutation(3, seed=-1), "seed is -1; it must be"),
        (lambda: problems.universal_and(1), "pairs of features 0 must be"),
        (lambda: problems.universal_and(14_143), "pairs of features 100005153 must be"),
    ],
)
def test_sizes_out_of_range_are_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(PolysemeError) as caught:
        call()
    assert message in str(caught.value)


SPECS = [
    ("and2:features=30", problems.pairwise_and(30, 30)),
    ("and2:features=30,gates=40", problems.pairwise_and(30, 40)),
    ("and2:seed=3,influence=zipf,gates=9,features=30", problems.pairwise_and(30, 9, "zipf", 3)),
    ("and:k=3,features=30", problems.k_and(30, 30, 3)),
    (
        "and:k=4,features=30,gates=20,influence=uniform,seed=1",
        problems.k_and(30, 20, 4, "uniform", 1),
    ),
    ("permutation:features=5", problems.permutation(5)),
    ("permutation:features=5,seed=2", problems.permutation(5, 2)),
    ("uand:features=6", problems.universal_and(6)),
]


@pytest.mark.parametrize(("spec", "circuit"), SPECS, ids=[spec for spec, _ in SPECS])
def test_a_spec_is_the_call_and_so_is_the_name_of_what_it_gives(
    spec: str, circuit: Circuit
) -> None:
    for written in (spec, circuit.name):
        opened = read(written)
        assert opened.name == circuit.name
        assert np.array_equal(opened.fan_in, circuit.fan_in)
        assert np.array_equal(opened.kinds, circuit.kinds)
        assert opened.features == circuit.features
        assert opened.output_names == circuit.output_names


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("and3:features=5", "source 'and3:features=5' is neither a file ending in .csv nor a"),
        ("", "source '' is neither"),
        ("and2", "key features is missing; write features=NUMBER"),
        ("and:features=9", "key k is missing"),
        ("and2:gates=9", "key features is missing"),
        ("and2:features=9,color=red", "unknown key 'color'; the keys are features, gates, infl"),
        ("uand:features=9,seed=1", "unknown key 'seed'; the keys are features"),
        ("and2:features=9,", "unknown key ''"),
        ("and2: features=9", "unknown key ' features'"),
        ("and2:features=9,gates=8,gates=8", "key gates is given twice"),
        ("and2:features=nine", "features 'nine' must be a whole number from 1 to 10000000"),
        ("and2:features", "features '' must be a whole number"),
        ("and2:features=1e4", "features '1e4' must be a whole number"),
        ("and2:features=9.0", "features '9.0' must be a whole number"),
        ("and2:features=٣", "must be a whole number"),
        ("and2:features=+9", "features '+9' must be a whole number"),
        ("and2:features=0", "features '0' must lie from 1 to 10000000"),
        ("and2:features=-7", "features '-7' must lie from 1 to 10000000"),
        ("and2:features=10000001", "features '10000001' must lie from 1 to 10000000"),
        (f"and2:features={10**30}", "must lie from 1 to 10000000"),
        (f"and2:features={MANY_DIGITS}", "must lie from 1 to 10000000"),
        (f"and2:features=9,gates={10**7 + 1}", "gates '10000001' must lie from 1 to 10000000"),
        (f"and2:features=9,seed={2**63}", "must lie from 0 to 9223372036854775807"),
        ("uand:features=4473", "features '4473' must lie from 2 to 4472"),
        ("and2:features=9,influence=even", "influence 'even' must be one of regular, uniform"),
        ("and2:features=9,gates=37", "9 features have only 36 sets of 2, too few for 37"),
        ("and:k=10,features=9", "a gate cannot read 10 of 9 features"),
        ("and:k=99,features=10000000", "gates x inputs 990000000 must be"),
        ("facts:", "'': not a regular file"),
        ("facts:absent.csv", "absent.csv: no such file"),
        ("absent.csv", "absent.csv: no such file"),
    ],
)
def test_a_bad_spec_gets_one_clear_line(spec: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(spec)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


@st.composite
def broken_specs(draw: st.DrawFn) -> str:
    """A sound spec with one thing wrong."""
    name, *items = draw(
        st.sampled_from(
            [
                ("and2", "features=30", "gates=20", "influence=regular", "seed=5"),
                ("and", "k=3", "features=30"),
                ("permutation", "features=30", "seed=5"),
                ("uand", "features=30"),
            ]
        )
    )
    junk = draw(st.text(max_size=20).filter(lambda text: "," not in text))
    place = draw(st.integers(0, len(items) - 1))
    key, _, value = items[place].partition("=")
    fault = draw(st.sampled_from(["unknown", "twice", "word", "range", "missing", "problem"]))
    if fault == "unknown":
        items.insert(place, f"?{junk}={value}")
    elif fault == "twice":
        items.append(items[place])
    elif fault == "word":
        items[place] = f"{key}={value}?{junk}"
    elif fault == "range" and key != "influence":
        outside = draw(st.one_of(st.integers(max_value=-1), st.integers(min_value=2**63)))
        items[place] = f"{key}={outside}"
    elif fault == "missing":
        items = [item for item in items if not item.startswith("features")]
    else:
        name = f"?{name}"
    # A final ".csv" would make it the path of a file that is not there: an error too.
    return f"{name}:{','.join(items)}"


@given(broken_specs())
@settings(max_examples=1000, deadline=None)
def test_a_spec_broken_on_purpose_is_always_refused(spec: str) -> None:
    with pytest.raises(PolysemeError) as caught:
        read(spec)
    assert len(str(caught.value).splitlines()) == 1


PIECES = ["and2", "and", "uand", "facts", "permutation", ":", ",", "=", "features", "gates", "k"]


@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from([*PIECES, "7", "12", "seed", ".csv", "\n"])).map("".join),
        st.permutations(["features=7", "gates=5", "k=2", "seed=1"]).flatmap(
            lambda items: st.integers(0, 4).map(lambda size: "and:" + ",".join(items[:size]))
        ),
    )
)
@settings(max_examples=1000, deadline=None)
def test_any_text_gives_a_circuit_or_one_line(text: str) -> None:
    outcome: Circuit | str
    try:
        outcome = read(text)
    except PolysemeError as error:
        outcome = str(error)
    assert outcome.gates > 0 if isinstance(outcome, Circuit) else len(outcome.splitlines()) == 1


@st.composite
def families(draw: st.DrawFn) -> tuple[int, list[tuple[int, ...]]]:
    """Distinct sets of equal size, as uneven as they come."""
    features = draw(st.integers(1, 7))
    inputs = draw(st.integers(1, features))
    every = list(itertools.combinations(range(features), inputs))
    return features, draw(st.lists(st.sampled_from(every), min_size=1, unique=True))


@given(families(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_family_can_be_balanced(family: tuple[int, list[tuple[int, ...]]], seed: int) -> None:
    features, sets = family
    generator = np.random.default_rng(seed)
    hashes = generator.integers(2**64, size=features, dtype=np.uint64)
    balanced = balance(np.array(sets, np.int32), hashes, generator)
    assert balanced.shape == (len(sets), len(sets[0]))
    assert len({frozenset(row) for row in balanced.tolist()}) == len(sets)
    assert all(len(set(row)) == len(row) for row in balanced.tolist())
    counts = np.bincount(balanced.ravel(), minlength=features)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("profile", ["regular", "uniform"])
def test_gates_that_read_nearly_everything(profile: str) -> None:
    circuit = problems.k_and(2000, 500, 1998, profile)
    assert_distinct_ands(circuit, 2000, 500, 1998)
