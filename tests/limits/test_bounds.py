"""Counting bounds against whole-number arithmetic and brute force, and the report built on them."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, comb, factorial, isqrt, log2, perm

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, evaluate_dense, problems
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.staged.plan import make_deep_plan
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.errors import PolysemeError
from polyseme.limits.combinatorics import log2_binomial, log2_factorial, log2_gate_sets
from polyseme.limits.counting import bits_with_error, counting_bits, neurons_for
from polyseme.limits.table import Bounds, bounds

AND, OR, XOR = GateKind.AND, GateKind.OR, GateKind.XOR
AND_NOT, IDENTITY = GateKind.AND_NOT, GateKind.IDENTITY
Gate = tuple[GateKind, Sequence[int]]


def over(features: int, gates: Sequence[Gate], outputs: Sequence[int] | None = None) -> Circuit:
    """A circuit of the given gates, each an output unless outputs are named."""
    every = range(features, features + len(gates))
    names = [f"f{number}" for number in range(features)]
    return build_circuit(names, gates, list(every if outputs is None else outputs))


# Logarithms of binomials


@given(st.integers(0, 10**30), st.integers(0, 3000))
@settings(max_examples=150, deadline=None)
def test_binomials_are_exact_to_rounding(total: int, chosen: int) -> None:
    chosen = min(chosen, total)
    assert log2_binomial(total, chosen) == pytest.approx(log2(comb(total, chosen)), rel=1e-13)


@given(st.integers(0, 9000), st.integers(0, 9000))
@settings(max_examples=150, deadline=None)
def test_binomials_with_few_left_over(total: int, chosen: int) -> None:
    chosen = min(chosen, total)
    exact = log2(comb(total, chosen))
    assert log2_binomial(total, chosen) == pytest.approx(exact, rel=1e-13)
    assert log2_binomial(total, total - chosen) == log2_binomial(total, chosen)


def test_subtracting_log_factorials_would_not_do() -> None:
    total, chosen = 10**30, 2000
    plain = log2_factorial(total) - log2_factorial(chosen) - log2_factorial(total - chosen)
    assert plain != pytest.approx(log2(comb(total, chosen)), rel=0.1)


@pytest.mark.parametrize("number", [0, 1, 2, 30, 1000])
def test_factorials(number: int) -> None:
    assert log2_factorial(number) == pytest.approx(log2(factorial(number)), rel=1e-13)


@pytest.mark.parametrize(("total", "chosen"), [(3, 4), (3, -1), (-1, 0)])
def test_impossible_choices_are_refused(total: int, chosen: int) -> None:
    with pytest.raises(ValueError, match=f"choose {chosen} of {total}"):
        log2_binomial(total, chosen)


def test_a_negative_factorial_is_refused() -> None:
    with pytest.raises(ValueError, match="factorial of -1"):
        log2_factorial(-1)


@pytest.mark.parametrize(
    ("wires", "inputs", "marked", "gates"),
    [
        (5, 2, 0, 3),
        (5, 2, 1, 7),
        (40, 3, 2, 50),
        (1000, 700, 0, 5),
        (300, 150, 75, 40),
        (9, 9, 0, 1),
    ],
)
def test_sets_of_gates(wires: int, inputs: int, marked: int, gates: int) -> None:
    exact = log2(comb(comb(wires, inputs) * comb(inputs, marked), gates))
    assert log2_gate_sets(wires, inputs, marked, gates) == pytest.approx(exact, rel=1e-12)


def test_sets_of_gates_of_a_million_inputs() -> None:
    bits = log2_gate_sets(2_000_000, 1_000_000, 0, 10)
    assert bits == pytest.approx(10 * 2_000_000, rel=1e-4)


# Families


def distinct_functions(circuits: list[Circuit]) -> int:
    """How many different sets of output functions there are, by tabulating every circuit."""
    bits = np.array(list(itertools.product([False, True], repeat=len(circuits[0].features))))
    tables = {frozenset(map(bytes, evaluate_dense(circuit, bits).T)) for circuit in circuits}
    return len(tables)


@pytest.mark.parametrize(("features", "gates", "inputs"), [(4, 3, 2), (5, 1, 3), (4, 4, 3)])
def test_sets_of_ands_are_all_different_functions(features: int, gates: int, inputs: int) -> None:
    sets = itertools.combinations(range(features), inputs)
    family = [over(features, [(AND, s) for s in f]) for f in itertools.combinations(sets, gates)]
    bound = counting_bits(family[0])
    assert bound.bits == pytest.approx(log2(distinct_functions(family)), abs=1e-12)
    assert bound.counts_functions


def test_mixed_kinds_are_counted_kind_by_kind() -> None:
    pairs = list(itertools.combinations(range(3), 2))
    ordered = list(itertools.permutations(range(3), 2))
    family = [
        over(3, [(AND, first), (XOR, second), (AND_NOT, third)])
        for first in pairs
        for second in pairs
        for third in ordered
    ]
    bound = counting_bits(family[0])
    assert bound.bits == pytest.approx(log2(distinct_functions(family)))
    assert "same kinds" in bound.family


def test_a_gate_named_or_written_twice_counts_once() -> None:
    twice = over(4, [(AND, (0, 1)), (AND, (1, 0)), (AND, (2, 3))], [4, 5, 6, 6])
    once = over(4, [(AND, (0, 1)), (AND, (2, 3))])
    assert counting_bits(twice) == counting_bits(once)
    assert counting_bits(over(4, [(AND_NOT, (0, 1)), (AND_NOT, (1, 0))])).bits == log2(comb(12, 2))


@pytest.mark.parametrize(("size", "root"), [(1000, 102), (10_000, 371), (100_000, 1306)])
def test_pairwise_and_has_the_published_sizes(size: int, root: int) -> None:
    bound = counting_bits(problems.pairwise_and(size, size))
    assert round(bound.bits**0.5) == root
    assert bound.family == f"sets of {size:,} gates among all pairs of {size:,} features"


def test_the_largest_published_size() -> None:
    size = 262_144
    assert round(log2_gate_sets(size, 2, 0, size) ** 0.5) == 2199


@pytest.mark.parametrize("inputs", [2, 3, 5])
def test_k_and(inputs: int) -> None:
    bound = counting_bits(problems.k_and(60, 90, inputs))
    assert bound.bits == pytest.approx(log2(comb(comb(60, inputs), 90)), rel=1e-12)
    words = {2: "pairs", 3: "triples", 5: "sets of 5"}[inputs]
    assert bound.family == f"sets of 90 gates among all {words} of 60 features"


def test_universal_and_has_nothing_to_learn() -> None:
    bound = counting_bits(problems.universal_and(30))
    assert bound.bits == 0
    assert bound.family == "all pairs of 30 features: one set of gates, with nothing to learn"
    assert counting_bits(problems.pairwise_and(30, comb(30, 2) - 1)).bits == log2(435)


def test_permutations_whichever_way_they_are_written() -> None:
    size = 40
    exact = pytest.approx(log2(factorial(size)), rel=1e-12)
    bound = counting_bits(problems.permutation(size))
    assert (bound.bits, bound.family) == (exact, "permutations of 40 features")
    order = np.random.default_rng(0).permutation(size).tolist()
    assert counting_bits(over(size, [], order)).bits == exact
    copies = [(IDENTITY, (wire,)) for wire in order]
    again = [(OR, (size + wire,)) for wire in range(size)]
    assert counting_bits(over(size, copies + again, range(2 * size, 3 * size))).bits == exact


def test_choosing_some_features_in_order() -> None:
    bound = counting_bits(over(9, [], [4, 0, 7]))
    assert bound.bits == pytest.approx(log2(perm(9, 3)))
    assert bound.family == "ordered choices of 3 of 9 features"
    repeated = counting_bits(over(9, [], [4, 4, 7]))
    assert "ordered" not in repeated.family


def test_the_family_is_read_from_the_arrays_not_the_name() -> None:
    circuit = problems.pairwise_and(50, 60)
    misnamed = replace(circuit, name="permutation:features=50")
    assert counting_bits(misnamed) == counting_bits(circuit)


# Tables of facts


def test_tables_with_the_same_objects_are_counted_one_by_one() -> None:
    colours, sizes = ("red", "red", "red", "blue", "blue"), ("big", "big", "small", "tiny", "tall")
    tables = {
        (first, second)
        for first in itertools.permutations(colours)
        for second in itertools.permutations(sizes)
    }
    circuit = problems.facts(
        {
            f"s{i}": {"colour": colour, "size": size}
            for i, (colour, size) in enumerate(zip(colours, sizes, strict=True))
        }
    )
    bound = counting_bits(circuit)
    assert bound.bits == pytest.approx(log2(len(tables)))
    assert bound.family == "tables of 10 facts over 5 subjects and 2 relations"
    assert bound.counts_functions


@st.composite
def full_tables(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    subjects, relations = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    objects = st.lists(st.integers(0, 4), min_size=subjects, max_size=subjects)
    columns = [draw(objects) for _ in range(relations)]
    columns[0][1] = columns[0][0]  # something occurs twice, or it is a mere set of gates
    return {
        f"s{subject}": {
            f"r{number}": f"o{column[subject]}" for number, column in enumerate(columns)
        }
        for subject in range(subjects)
    }


@given(full_tables())
@settings(max_examples=100, deadline=None)
def test_any_full_table(table: dict[str, dict[str, str]]) -> None:
    ways = 1
    for relation in next(iter(table.values())):
        occurs = Counter(row[relation] for row in table.values())
        ways *= factorial(len(table))
        for count in occurs.values():
            ways //= factorial(count)
    bound = counting_bits(problems.facts(table))
    assert bound.family.startswith("tables of")
    assert bound.bits == pytest.approx(log2(ways), abs=1e-9)


def test_missing_facts_are_no_facts() -> None:
    table = {"a": {"r": "x", "q": "k"}, "b": {"r": "x"}, "c": {"r": "y", "q": "k"}, "d": {"q": "l"}}
    bound = counting_bits(problems.facts(table))
    assert bound.family == "tables of 6 facts over 4 subjects and 2 relations"
    assert bound.bits == pytest.approx(log2(3 * 3))


@pytest.mark.parametrize(
    "ors",
    [
        pytest.param([[(0, 3), (1, 3)], [(0, 3), (2, 3)]], id="one subject with two objects"),
        pytest.param([[(0, 3), (1, 2)], [(0, 2)]], id="no relation in common"),
        pytest.param([[(0, 3), (1, 3)], [(3, 4), (2, 4)]], id="a relation that is a subject"),
    ],
)
def test_what_is_no_table_is_a_set_of_terms(ors: list[list[tuple[int, int]]]) -> None:
    pairs = [pair for group in ors for pair in group]
    gates: list[Gate] = [(AND, pair) for pair in pairs]
    wire = 5
    for group in ors:
        gates.append((OR, range(wire, wire + len(group))))
        wire += len(group)
    bound = counting_bits(over(5, gates, range(5 + len(pairs), 5 + len(gates))))
    distinct = len(set(pairs))
    assert bound.family == f"sets of {distinct} terms of the same widths over 5 features"
    assert bound.bits == pytest.approx(log2(comb(comb(5, 2), distinct)))
    assert not bound.counts_functions


# Everything else


def test_terms_are_counted_by_width_and_negations() -> None:
    gates: list[Gate] = [
        (AND, (0, 1)),
        (AND, (1, 2)),
        (AND_NOT, (0, 3)),
        (AND, (1, 2, 3)),
        (OR, (6, 7, 8)),
        (OR, (9, 5)),
    ]
    bound = counting_bits(over(6, gates, [10, 11]))
    exact = log2(comb(comb(6, 2), 2) * (comb(6, 2) * 2) * comb(6, 3) * 6)
    assert bound.bits == pytest.approx(exact)


def test_deep_circuits_are_counted_level_by_level() -> None:
    gates: list[Gate] = [(AND, (0, 1)), (OR, (1, 2)), (AND, (3, 2)), (XOR, (5, 0))]
    bound = counting_bits(over(3, gates, [6]))
    exact = log2(comb(3, 2) * comb(3, 2) * comb(5, 2) * comb(6, 2))
    assert bound.bits == pytest.approx(exact)
    assert not bound.counts_functions
    assert bound.family == "circuits of 4 gates over 3 features, on the same 3 levels"


def test_an_xor_too_wide_for_terms_is_still_a_gate() -> None:
    bound = counting_bits(over(12, [(XOR, range(9)), (XOR, range(1, 10))]))
    assert bound.bits == pytest.approx(log2(comb(comb(12, 9), 2)))
    assert bound.counts_functions


# Allowed errors, and neurons


@pytest.mark.parametrize("wires", [11, 45, 435, 4950])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5])
def test_allowed_errors_give_back_at_least_every_way_to_repair(wires: int, share: float) -> None:
    for gates in {1, 5, 10, wires // 3, wires - 1, wires}:
        wrong = int(share * gates)
        repairs = log2(comb(gates, wrong) * comb(wires, wrong))
        bits = log2(comb(wires, gates))
        assert bits_with_error(bits, gates, share) <= max(0, bits - repairs) + 1e-9


@given(st.floats(0, 1e6), st.integers(1, 10**6), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_more_errors_need_no_more_bits(bits: float, outputs: int, one: float, two: float) -> None:
    few, many = sorted((one, two))
    assert bits >= bits_with_error(bits, outputs, few) >= bits_with_error(bits, outputs, many) >= 0


def test_no_error_changes_nothing_and_a_small_one_little() -> None:
    bits = log2_gate_sets(10_000, 2, 0, 10_000)
    assert bits_with_error(bits, 10_000, 0) == bits
    assert 0.99 * bits < bits_with_error(bits, 10_000, 1e-3) < bits
    assert bits_with_error(bits, 10_000, 1) == 0


@pytest.mark.parametrize(
    ("bits", "outputs", "share"), [(-1, 1, 0.1), (1, 0, 0.1), (1, 1, -0.1), (1, 1, 1.1)]
)
def test_bits_with_error_refuses_what_makes_no_sense(
    bits: float, outputs: int, share: float
) -> None:
    with pytest.raises(ValueError, match=r"bits for|error share"):
        bits_with_error(bits, outputs, share)


def test_neurons_for() -> None:
    assert neurons_for(10_000, 1) == 100
    assert neurons_for(10_000, 4) == 50
    assert neurons_for(0, 1) == 0


@pytest.mark.parametrize(("bits", "each"), [(-1, 1), (1, 0), (1, -2)])
def test_neurons_for_refuses_what_makes_no_sense(bits: float, each: float) -> None:
    with pytest.raises(ValueError, match="bits at"):
        neurons_for(bits, each)


# The report


@pytest.fixture(autouse=True)
def _only_quick_constructions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some declare their size only after a search of seconds, and have tests of their own."""
    for name in set(CATALOGUE) - {"monosemantic", "three-channel"}:
        monkeypatch.delitem(CATALOGUE, name)


@pytest.fixture
def thousand() -> Bounds:
    return bounds(problems.pairwise_and(1000, 1000))


def test_the_report_of_a_thousand_gates(thousand: Bounds) -> None:
    exact = comb(comb(1000, 2), 1000)
    assert (thousand.features, thousand.gates, thousand.outputs) == (1000, 1000, 1000)
    assert thousand.bits == pytest.approx(log2(exact))
    assert (thousand.lower_bound_neurons - 1) ** 2 < log2(exact) <= thousand.lower_bound_neurons**2
    assert thousand.monosemantic_neurons == 1000
    assert (thousand.layers, thousand.note) == (1, "")
    assert thousand.counts_functions


def test_the_rows_of_the_report(thousand: Bounds) -> None:
    lower = {row.name: row.neurons for row in thousand.lower}
    assert lower["1 bit a weight"] == thousand.lower_bound_neurons
    bits = thousand.bits
    for each in (2, 8):
        assert lower[f"{each} bits a weight"] == isqrt(int(bits / each)) + 1
    willshaw = lower["0.69 bits a weight: clipped one-shot storage, sparse patterns"]
    assert willshaw > lower["1 bit a weight"] > lower["2 bits a weight"]
    assert lower["1 bit a weight, m' log2(m'/e) of them"] <= lower["1 bit a weight"]
    assert lower["1 bit a weight, a share of 0.001 of the outputs wrong"] <= lower["1 bit a weight"]
    sizes = {row.name: row.neurons for row in thousand.constructions}
    assert sizes["monosemantic"] == thousand.monosemantic_neurons
    assert thousand.lower_bound_neurons < sizes["three-channel"] < sizes["monosemantic"]
    assert all(row.source for row in (*thousand.lower, *thousand.constructions))


def test_the_report_is_json(thousand: Bounds) -> None:
    plain = thousand.as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert {"lower", "representation", "constructions", "capacity"} <= set(plain)
    assert {"monosemantic_neurons", "measured", "network"} <= set(plain)
    assert plain["lower"][0] == {
        "name": "1 bit a weight",
        "neurons": 102,
        "source": "counting",
        "parameters": ceil(thousand.bits),
        "inputs": "",
        "indicative": False,
    }


def test_the_report_is_a_public_name() -> None:
    assert ps.bounds is bounds


def three_channel(report: Bounds) -> int:
    (row,) = (row for row in report.constructions if row.name == "three-channel")
    return row.neurons


def test_more_gates_need_more_neurons() -> None:
    reports = [bounds(problems.pairwise_and(400, gates)) for gates in (50, 200, 800, 3200)]
    for fewer, more in itertools.pairwise(reports):
        assert fewer.lower_bound_neurons < more.lower_bound_neurons
        assert three_channel(fewer) < three_channel(more)
        assert more.lower_bound_neurons <= three_channel(more)


def test_more_active_features_or_less_error_need_no_fewer_neurons() -> None:
    circuit = problems.pairwise_and(3000, 3000)
    sizes = [three_channel(bounds(circuit, active=active)) for active in (2, 3, 4, 6)]
    assert sizes == sorted(set(sizes))
    sizes = [three_channel(bounds(circuit, error=error)) for error in (1e-1, 1e-3, 1e-5)]
    assert sizes == sorted(set(sizes))


def test_a_deep_circuit_is_sized_by_its_widest_layer() -> None:
    gates: list[Gate] = [(AND, (0, 1)), (XOR, (3, 2)), (AND, (4, 0))]
    report = bounds(over(3, gates, [5]), active=2)
    assert {"deep", "monosemantic"} <= {row.name for row in report.constructions}
    plan = make_deep_plan(over(3, gates, [5]), 2, 1e-3, 0)
    assert report.monosemantic_neurons == plan.monosemantic_neurons
    assert report.layers == len(plan.schedule.stages) > 1
    assert report.lower_bound_neurons == (isqrt(int(report.bits / report.layers)) + 1)
    assert f"widest of {report.layers} hidden layers" in report.note
    assert not report.counts_functions


def test_universal_and_is_bounded_by_nothing() -> None:
    report = bounds(problems.universal_and(20))
    assert report.lower_bound_neurons == 0
    assert {row.neurons for row in report.lower} == {0}
    assert report.monosemantic_neurons == 190


@pytest.mark.parametrize("active", [0, -1, 11])
def test_active_must_be_possible(active: int) -> None:
    circuit = problems.pairwise_and(10, 10)
    with pytest.raises(PolysemeError, match=f"active is {active}; it must be 1 to the 10 features"):
        bounds(circuit, active=active)
    assert bounds(circuit, active=10).active == 10


@pytest.mark.parametrize("error", [0.0, 1.0, 1e-7, float("nan")])
def test_error_must_be_a_rate(error: float) -> None:
    circuit = problems.pairwise_and(10, 10)
    with pytest.raises(PolysemeError, match="error is"):
        bounds(circuit, error=error)
    assert bounds(circuit, error=1e-6).error == 1e-6


# Growth

EXPONENTS = (0.45, 0.6)


def growth(sizes: Sequence[int], neurons: Sequence[float]) -> float:
    """The exponent e of the best fit neurons = constant x sizes^e."""
    return float(np.polyfit(np.log(sizes), np.log(neurons), 1)[0])


def test_the_three_channel_construction_grows_with_the_square_root() -> None:
    # From 2^12 on: below, the number of dimensions is cut short by that of features.
    sizes = [2**power for power in range(12, 18)]
    plans = [make_plan(problems.pairwise_and(m, m), 3, 1e-3, "auto", 0) for m in sizes]
    neurons = [predicted_neurons(plan) for plan in plans]
    assert EXPONENTS[0] <= growth(sizes, neurons) <= EXPONENTS[1]
    # The same numbers growing as m^(2/3), m^(2/5) or m would not pass.
    for wrong in (2 / 3, 2 / 5, 1):
        spoilt = [n * m ** (wrong - 1 / 2) for n, m in zip(neurons, sizes, strict=True)]
        assert not EXPONENTS[0] <= growth(sizes, spoilt) <= EXPONENTS[1]
