"""Confidence intervals, the distributions of inputs, and finding networks that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

import polyseme as ps
from polyseme.circuits import (
    Circuit,
    GateKind,
    Terms,
    build_circuit,
    evaluate_sparse,
    problems,
    terms_of,
)
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.verification import inputs as inputs_module
from polyseme.verification.inputs import DESCRIPTIONS, draw_inputs, fill
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.sampling import batches, verify, wrong_samples
from support.progress import Watcher

Rows = NDArray[np.int32]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def any_on(circuit: Circuit, rows: Rows) -> NDArray[np.bool_]:
    """Which rows switch any output on."""
    return np.diff(evaluate_sparse(circuit, rows).indptr) > 0


def plain_sets(terms: Terms, active: int) -> list[list[int]]:
    """The plain literals of every term that `active` features can satisfy, sorted."""
    rows = []
    for begin, end in zip(terms.offsets[:-1], terms.offsets[1:], strict=True):
        signs = terms.signs[begin:end]
        row = sorted(terms.literals[begin:end][signs > 0].tolist())
        if len(row) <= active:
            rows.append(row)
    return sorted(rows)


# Intervals


@given(st.integers(1, 10**6), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
@settings(max_examples=100, deadline=None)
def test_clopper_pearson_agrees_with_scipy(samples: int, share: float, level: float) -> None:
    failures = round(share * samples)
    exact = binomtest(failures, samples).proportion_ci(level, method="exact")
    assert clopper_pearson(failures, samples, level) == pytest.approx(tuple(exact), abs=1e-9)


@pytest.mark.parametrize(
    ("failures", "samples", "interval"),
    [
        (0, 10, (0, 0.3085)),
        (1, 10, (0.0025, 0.4450)),
        (5, 10, (0.1871, 0.8129)),
        (10, 10, (0.6915, 1)),
    ],
)
def test_clopper_pearson_has_the_tabulated_values(
    failures: int, samples: int, interval: tuple[float, float]
) -> None:
    assert clopper_pearson(failures, samples) == pytest.approx(interval, abs=5e-5)


def test_no_failure_in_so_many() -> None:
    low, high = clopper_pearson(0, 100_000)
    assert low == 0
    assert high == pytest.approx(-np.log(0.025) / 100_000, rel=1e-4)


@pytest.mark.parametrize(("failures", "samples"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(failures: int, samples: int) -> None:
    with pytest.raises(ValueError, match=f"{failures} failures in {samples} samples"):
        clopper_pearson(failures, samples)


# Distributions


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    """Gates of all kinds over a few features, each an output."""
    features = draw(st.integers(2, 8))
    gates = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(list(GateKind)))
        width = 1 if kind == GateKind.IDENTITY else draw(st.integers(1, min(4, features)))
        inputs = draw(st.permutations(range(features)))[:width]
        gates.append((kind, inputs))
    names = [f"f{number}" for number in range(features)]
    return build_circuit(names, gates, range(features, features + len(gates)))


@given(circuits(), st.integers(1, 10), st.sampled_from(sorted(DESCRIPTIONS)), st.integers(0, 9))
@settings(max_examples=250, deadline=None)
def test_rows_keep_the_promise(circuit: Circuit, active: int, name: str, seed: int) -> None:
    terms = terms_of(circuit)
    if not plain_sets(terms, active):
        return
    rows = draw_inputs(name, terms, active, 30, generator(seed))
    assert rows.dtype == np.int32
    assert rows.shape[1] <= active
    assert len(rows) == (min(30, len(plain_sets(terms, active))) if name == "alone" else 30)
    for row in rows.tolist():
        on = [feature for feature in row if feature != -1]
        assert len(set(on)) == len(on)
        assert all(0 <= feature < terms.features for feature in on)


@given(circuits(), st.integers(1, 10), st.sampled_from(["satisfied", "alone"]), st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_satisfied_gates_are_satisfied(circuit: Circuit, active: int, name: str, seed: int) -> None:
    terms = terms_of(circuit)
    if not plain_sets(terms, active):
        with pytest.raises(OptionError, match="no gate can be satisfied"):
            draw_inputs(name, terms, active, 30, generator(seed))
    else:
        assert any_on(circuit, draw_inputs(name, terms, active, 30, generator(seed))).all()


@given(circuits(), st.integers(1, 10))
@settings(max_examples=80, deadline=None)
def test_alone_is_every_gate_once(circuit: Circuit, active: int) -> None:
    terms = terms_of(circuit)
    wanted = plain_sets(terms, active)
    if not wanted:
        return
    rows = draw_inputs("alone", terms, active, 1000, generator())
    assert sorted(sorted(x for x in row if x >= 0) for row in rows.tolist()) == wanted


def test_alone_is_a_choice_of_gates_where_there_are_more() -> None:
    terms = terms_of(problems.pairwise_and(300, 300))
    rows = {tuple(row) for row in draw_inputs("alone", terms, 3, 50, generator()).tolist()}
    assert len(rows) == 50
    assert rows <= {tuple(row) for row in terms.literals.reshape(-1, 2).tolist()}


def test_satisfied_picks_every_gate_equally_often_and_fills_up() -> None:
    circuit = problems.pairwise_and(300, 10)
    terms = terms_of(circuit)
    rows = draw_inputs("satisfied", terms, 5, 10_000, generator())
    assert (rows >= 0).all()
    counts = np.asarray(evaluate_sparse(circuit, rows).sum(axis=0)).ravel()
    # Binomial with mean 1000 and standard deviation 30, and a few satisfied by chance.
    assert np.abs(counts - 1000).max() < 160


def test_uniform_is_uniform() -> None:
    terms = terms_of(problems.pairwise_and(20, 20))
    rows = draw_inputs("uniform", terms, 4, 10_000, generator())
    assert rows.shape == (10_000, 4)
    pairs = np.zeros((20, 20))
    for one, other in zip(*np.triu_indices(4, 1), strict=True):
        np.add.at(pairs, (rows[:, one], rows[:, other]), 1)
    counts = (pairs + pairs.T)[np.triu_indices(20, 1)]
    # Every pair is in a row with chance 6/190.
    mean = 10_000 * 6 / 190
    assert np.abs(counts - mean).max() < 5 * mean**0.5


@pytest.mark.parametrize("active", [2, 3, 5])
def test_near_misses_hardly_ever_satisfy_a_gate(active: int) -> None:
    circuit = problems.pairwise_and(300, 300)
    terms = terms_of(circuit)
    rows = draw_inputs("near-miss", terms, active, 3000, generator())
    # Only features filled in can satisfy one: about active^2 / 2 pairs, 1 in 150 of them a gate.
    assert any_on(circuit, rows).mean() < active**2 / 2 / 150
    assert any_on(circuit, draw_inputs("satisfied", terms, active, 3000, generator())).all()


def test_near_misses_leave_one_input_off() -> None:
    circuit = problems.k_and(100, 60, 4)
    terms = terms_of(circuit)
    rows = draw_inputs("near-miss", terms, 3, 500, generator())
    gates = [set(gate) for gate in terms.literals.reshape(-1, 4).tolist()]
    assert all(any(set(row) < gate for gate in gates) for row in rows.tolist())


def crowd_shares(hosts: sp.csr_array, terms: Terms, rows: Rows) -> float:
    """Share of rows of which some neuron reads every feature."""
    ones = np.ones(len(terms.literals))
    reads = sp.csr_array((ones, terms.literals, terms.offsets), (len(terms), terms.features))
    read = (hosts.astype(float) @ reads).toarray() > 0
    return float(np.mean([read[:, row].all(axis=1).any() for row in rows]))


def test_near_misses_crowd_on_one_neuron(small: Circuit, squeezed: Network) -> None:
    assert squeezed.key is not None
    hosts, terms = squeezed.key.hosts(), squeezed.key.terms
    crowded = draw_inputs("near-miss", terms, 3, 500, generator(), hosts)
    spread = draw_inputs("uniform", terms, 3, 500, generator())
    assert crowd_shares(hosts, terms, crowded) > 0.9
    assert crowd_shares(hosts, terms, spread) < 0.3
    assert any_on(small, crowded).mean() < 0.05


@pytest.mark.parametrize("name", sorted(DESCRIPTIONS))
def test_the_generator_decides_the_rows(name: str) -> None:
    terms = terms_of(problems.pairwise_and(300, 300))
    one, same, other = (draw_inputs(name, terms, 3, 100, generator(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["satisfied", "uniform"])
def test_more_active_than_features_is_all_features(name: str) -> None:
    terms = terms_of(problems.pairwise_and(5, 4))
    rows = draw_inputs(name, terms, 9, 20, generator())
    assert (np.sort(rows, axis=1) == np.arange(5)).all()


def test_negated_inputs_stay_off_even_when_nothing_else_is_left() -> None:
    circuit = build_circuit(["a", "b", "c"], [(GateKind.AND_NOT, (0, 1))], [3])
    rows = draw_inputs("satisfied", terms_of(circuit), 3, 20, generator())
    assert [sorted(row) for row in rows.tolist()] == [[-1, 0, 2]] * 20


def test_unknown_inputs_are_refused() -> None:
    terms = terms_of(problems.pairwise_and(5, 4))
    with pytest.raises(OptionError, match=r"no inputs named 'unifrom'; there are .*uniform"):
        draw_inputs("unifrom", terms, 3, 10, generator())


@pytest.mark.parametrize("name", ["satisfied", "alone"])
def test_a_gate_that_needs_too_many_is_refused(name: str) -> None:
    terms = terms_of(problems.k_and(10, 5, 4))
    with pytest.raises(OptionError, match="satisfied with 3 active features"):
        draw_inputs(name, terms, 3, 10, generator())
    assert len(draw_inputs(name, terms, 4, 5, generator())) == 5


@given(st.integers(1, 6), st.integers(1, 8), st.data())
@settings(max_examples=100, deadline=None)
def test_fill_keeps_what_is_fixed_and_adds_only_what_is_free(
    features: int, active: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(features)))
    kept = data.draw(st.integers(0, min(active, features)))
    barred = data.draw(st.integers(0, features - kept))
    fixed, forbidden = order[:kept], order[kept : kept + barred]
    rows = fill(
        np.array([fixed] * 5, np.int32).reshape(5, kept),
        features,
        active,
        generator(),
        np.array([[*forbidden, -1]] * 5, np.int32),
    )
    for row in rows.tolist():
        on = [feature for feature in row if feature >= 0]
        assert set(fixed) <= set(on)
        assert not set(forbidden) & set(on)
        assert len(set(on)) == len(on) == min(active, features - barred)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_rows_are_filled_alike_with_and_without_a_table(
    features: int, active: int, fixed: int
) -> None:
    listed = generator().integers(-1, features, (40, 1)).astype(np.int32)
    barred = np.where(generator().random((40, fixed)) < 0.5, 0, -1).astype(np.int32)
    barred[listed[:, 0] == 0] = -1
    rows = fill(listed, features, active, generator(), barred)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs_module, "_LOOKED_UP", 0)
        assert np.array_equal(fill(listed, features, active, generator(), barred), rows)


# Networks


@pytest.fixture(scope="module")
def small() -> Circuit:
    return problems.pairwise_and(300, 300)


@pytest.fixture(scope="module")
def squeezed(small: Circuit) -> Network:
    return ps.compile(small, neurons=270, construction="three-channel")


@pytest.fixture(scope="module")
def exact(small: Circuit) -> Network:
    return ps.compile(small, construction="monosemantic")


def with_threshold(network: Network, output: int, threshold: float) -> Network:
    thresholds = network.readout.thresholds.copy()
    thresholds[output] = threshold
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def without_row(network: Network, neuron: int) -> Network:
    weights = network.layers[0].weights.copy()
    weights[neuron] = 0
    return replace(network, layers=(replace(network.layers[0], weights=weights),))


def gate_names(circuit: Circuit, gate: int) -> set[str]:
    begin, end = circuit.fan_in_offsets[gate : gate + 2]
    return {circuit.features[int(wire)] for wire in circuit.fan_in[begin:end]}


@pytest.mark.parametrize("inputs", sorted(DESCRIPTIONS))
def test_the_monosemantic_network_is_never_wrong(exact: Network, inputs: str) -> None:
    report = verify(exact, samples=3000, inputs=inputs)
    assert (report.wrong, report.first_wrong, report.error) == (0, (), 0)
    assert report.samples == (300 if inputs == "alone" else 3000)
    assert report.inputs == inputs


def test_a_right_network_is_hardly_ever_wrong(squeezed: Network, small: Circuit) -> None:
    report = verify(squeezed, small, samples=5000)
    assert squeezed.neurons <= 270
    assert report.error < 0.03
    low, high = report.error_interval
    assert low <= report.error < high
    assert verify(squeezed, small, samples=5000, inputs="alone").wrong == 0


# Four features are on, one more than promised, so that some samples are wrong.
@pytest.mark.filterwarnings("ignore:4 features are on, more than the 3")
def test_wrong_samples_agree_with_asking_by_name(squeezed: Network, small: Circuit) -> None:
    assert squeezed.key is not None
    rows = draw_inputs("near-miss", squeezed.key.terms, 4, 300, generator())
    wrong = wrong_samples(squeezed, small, rows)
    truth = evaluate_sparse(small, rows).toarray()
    for row, expected, differs in zip(rows.tolist(), truth, wrong, strict=True):
        on = squeezed.run([small.features[feature] for feature in row])
        assert ({small.output_names[i] for i in np.flatnonzero(expected)} != set(on)) == differs
    assert 0 < wrong.sum() < len(rows)


@pytest.mark.parametrize("output", [0, 123, 299])
def test_an_output_that_is_never_on_is_found(
    exact: Network, squeezed: Network, small: Circuit, output: int
) -> None:
    for network in (exact, squeezed):
        broken = with_threshold(network, output, np.inf)
        report = verify(broken, inputs="alone")
        assert report.wrong == 1
        assert set(report.first_wrong) == gate_names(small, output)
    report = verify(with_threshold(exact, output, np.inf), samples=10_000)
    assert report.wrong > 0
    assert gate_names(small, output) < set(report.first_wrong)


def test_an_output_that_is_always_on_is_always_wrong(exact: Network) -> None:
    report = verify(with_threshold(exact, 7, -1.0), samples=500, inputs="uniform")
    assert report.error > 0.98
    assert len(report.first_wrong) == 3


@pytest.mark.parametrize("neuron", [0, 299])
def test_a_lost_row_of_weights_is_found(exact: Network, small: Circuit, neuron: int) -> None:
    assert exact.key is not None
    gate = int(exact.key.columns_of(neuron)[0])
    report = verify(without_row(exact, neuron), inputs="alone")
    assert report.wrong == 1
    assert set(report.first_wrong) == gate_names(small, gate)


def test_lost_rows_show_in_superposition_too(squeezed: Network) -> None:
    broken = squeezed
    for neuron in range(0, squeezed.neurons, 3):
        broken = without_row(broken, neuron)
    before, after = (verify(network, samples=3000) for network in (squeezed, broken))
    assert after.error_interval[0] > before.error_interval[1]


def test_the_first_wrong_input_is_really_wrong(squeezed: Network, small: Circuit) -> None:
    report = verify(squeezed, samples=5000, inputs="near-miss")
    assert report.wrong > 0
    row = np.array([[small.features.position(name) for name in report.first_wrong]], np.int32)
    assert wrong_samples(squeezed, small, row).all()
    fine = np.array([[*small.fan_in[:2]]], np.int32)
    assert not wrong_samples(squeezed, small, fine).any()


def test_a_circuit_with_other_gates_is_noticed(exact: Network) -> None:
    other = problems.pairwise_and(300, 300, seed=5)
    assert verify(exact, other, samples=500).error > 0.9
    bare = replace(exact, key=None)
    assert verify(bare, other, samples=500).error > 0.9


def test_the_promise_may_be_exceeded(squeezed: Network) -> None:
    assert verify(squeezed, samples=2000).active == 3
    kept, exceeded = (verify(squeezed, samples=2000, active=active) for active in (3, 8))
    assert exceeded.active == 8
    assert exceeded.error_interval[0] > kept.error_interval[1]


def test_the_seed_decides_the_samples(squeezed: Network) -> None:
    one, same, other = (verify(squeezed, samples=2000, active=5, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.first_wrong != other.first_wrong


def test_progress_reaches_the_end(exact: Network) -> None:
    watcher = Watcher()
    verify(exact, samples=5000, progress=watcher)
    seen = watcher.counts
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (5000, 5000)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_batches_are_everything_in_order(size: int) -> None:
    rows = np.arange(14, dtype=np.int32).reshape(7, 2)
    pieces = list(batches(rows, size))
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), rows)
    assert all(np.array_equal(rows[begin : begin + size], piece) for begin, piece in pieces)


def test_a_network_without_key_needs_the_circuit(exact: Network, small: Circuit) -> None:
    bare = replace(exact, key=None)
    with pytest.raises(OptionError, match="needs the circuit"):
        verify(bare, samples=10)
    assert verify(bare, small, samples=500, inputs="near-miss").wrong == 0


def renamed(circuit: Circuit, features: Sequence[str], outputs: Sequence[str]) -> Circuit:
    return replace(circuit, features=ps.Names(features), output_names=ps.Names(outputs))


def test_other_names_are_refused(exact: Network, small: Circuit) -> None:
    features, outputs = list(small.features), list(small.output_names)
    assert verify(exact, renamed(small, features, outputs), samples=100).wrong == 0
    swapped = [features[1], features[0], *features[2:]]
    with pytest.raises(OptionError, match="features differ at 0: the network has 'x0'"):
        verify(exact, renamed(small, swapped, outputs), samples=100)
    with pytest.raises(OptionError, match="outputs differ at"):
        verify(exact, renamed(small, features, [*outputs[:-1], "other"]), samples=100)
    with pytest.raises(OptionError, match=r"has 300 features and .* has 299"):
        verify(exact, problems.pairwise_and(299, 300), samples=100)


def test_inputs_no_gate_satisfies_are_refused() -> None:
    circuit = problems.k_and(20, 10, 4)
    network = ps.compile(circuit, active=4, construction="monosemantic")
    with pytest.raises(OptionError, match="satisfied with 2 active"):
        verify(network, active=2, samples=10)
    with pytest.raises(OptionError, match="no inputs named"):
        verify(network, samples=10, inputs="all")


def test_one_short_inputs_lack_exactly_one_input_of_a_gate():
    circuit = problems.k_and(50, 40, 4, seed=1)
    reads = terms_of(circuit).literals.reshape(-1, 4)
    rows = draw_inputs("one-short", terms_of(circuit), 6, 300, np.random.default_rng(0))
    for row in rows:
        on = set(row.tolist())
        assert len(on) == 6
        assert any(len(on & set(gate)) == 3 for gate in reads.tolist())
