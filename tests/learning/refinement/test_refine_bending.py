"""Refinement where ReLUs bend: fact tables, ORs, wide and negated gates; the loss one by one."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import terms_of
from polyseme.cli.main import main
from polyseme.codes.code import SparseCode
from polyseme.common.extras import import_torch
from polyseme.compiler.constructions.catalogue import THREE_CHANNEL
from polyseme.compiler.task import Task
from polyseme.errors import OptionError
from polyseme.learning.refinement.decisions import without_slopes
from polyseme.learning.refinement.hinge import Hinge
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.refine import refine
from polyseme.learning.refinement.sampled_loss import _ALONE, SampledLoss
from polyseme.learning.refinement.samples import Samples
from polyseme.networks.saving.files import load, save_key, save_network

ACTIVE = 3


def table(subjects):
    """Every subject's colour (some common), place (all rare) and kind (one of four)."""
    generator = np.random.default_rng(1)
    return {
        f"s{number}": {
            "colour": f"c{int(20 * generator.random() ** 2)}",
            "place": f"p{int(generator.integers(subjects))}",
            "kind": f"k{int(4 * generator.random() ** 2)}",
        }
        for number in range(subjects)
    }


def superposed(circuit, neurons):
    """Three channels as built, where the compiler would take the exact network, if smaller."""
    return THREE_CHANNEL.candidate(Task(circuit, ACTIVE)).build(neurons)


@pytest.fixture(scope="module")
def circuit():
    return ps.problems.facts(table(150))


@pytest.fixture(scope="module")
def network(circuit):
    return superposed(circuit, 140)


@pytest.fixture(scope="module")
def result(network):
    return refine(network, passes=8, error=1e-9)


def ands(features, gates, width=2):
    return ps.problems.k_and(features, gates, width)


def and_nots(features, gates):
    circuit = ps.problems.pairwise_and(features, gates)
    return replace(circuit, kinds=np.full_like(circuit.kinds, ps.GateKind.AND_NOT))


def saved(network, path):
    save_network(network, path)
    save_key(network.key, path.with_suffix(".key"))
    return path.read_bytes(), path.with_suffix(".key").read_bytes()


def test_every_fact_alone_is_right_and_fewer_others_are_wrong(circuit, network, result):
    def tried(seen, inputs):
        return ps.verify(seen, circuit, samples=5_000, inputs=inputs, seed=5)

    alone, satisfied = tried(network, "alone"), tried(network, "satisfied")
    assert alone.wrong > 3
    assert tried(result.network, "alone").wrong == 0
    after = tried(result.network, "satisfied")
    assert after.error_interval[1] < satisfied.error_interval[0]
    assert result.alone.wrong == 0
    assert result.alone.samples == alone.samples == 450
    assert result.alone_before.wrong == alone.wrong
    assert result.measured.inputs == "satisfied"
    assert "0 of 450 gates alone wrong" in result.network.provenance.note


def test_codes_and_readout_stay_and_the_key_is_true_of_every_weight(network, result):
    refined, scale = result.network, result.network.layers[0].scale
    assert refined.key.belongs_to(refined)
    code = network.encoder.code.matrix().astype(int)
    assert np.array_equal(
        refined.key.layers[0].compression.toarray().astype(int) @ code, refined.layers[0].weights
    )
    assert refined.encoder is network.encoder
    assert np.array_equal(refined.key.layers[0].units, network.key.layers[0].units)
    for what in ("offsets", "neurons", "weights"):
        assert np.array_equal(getattr(refined.readout, what), getattr(network.readout, what))
    moved = refined.readout.thresholds - network.readout.thresholds
    assert np.abs(moved).max() <= scale
    assert (refined.readout.thresholds / scale % 1 == 0.5).all()
    assert refined.provenance.readout_parameters == network.provenance.readout_parameters


def test_relus_bend(network, result):
    for each in (network, result.network):
        layer = each.layers[0]
        reads = layer.weights.astype(int) @ each.encoder.code.matrix().toarray().T.astype(int)
        assert (reads.min(axis=1) + layer.bias < 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(network, tmp_path):
    first, again, other = (
        saved(refine(network, passes=1, seed=seed).network, tmp_path / name)
        for seed, name in ((1, "first"), (1, "again"), (2, "other"))
    )
    assert first == again
    assert first[0] != other[0]


class Interrupted(Exception):
    pass


def test_an_interrupted_descent_goes_on_to_the_same_bytes(network, tmp_path, monkeypatch):
    monkeypatch.setattr("polyseme.learning.refinement.descent._SAVED_EVERY_SECONDS", -1.0)
    state = tmp_path / "state"

    def stop(line):
        if line.startswith("refined 2 of"):
            raise Interrupted

    with pytest.raises(Interrupted):
        refine(network, passes=3, error=1e-9, state=state, note=stop)
    resumed = refine(network, passes=3, error=1e-9, state=state)
    whole = refine(network, passes=3, error=1e-9)
    assert saved(resumed.network, tmp_path / "a") == saved(whole.network, tmp_path / "b")


def test_descent_does_not_end_while_facts_alone_are_wrong(network, monkeypatch):
    lines = []
    assert refine(network, passes=10, error=0.99, note=lines.append).passes < 10
    assert "gates alone wrong" not in lines[-1]
    assert "of 10,000 wrong" in lines[-1]
    monkeypatch.setattr("polyseme.learning.refinement.bending._PACE", _standing_still())
    assert refine(network, passes=2, error=0.99).passes == 2


def _standing_still():
    from polyseme.learning.refinement.descent import Pace

    return Pace(weights=1e-9, bias=1e-9, margins=(0.1, 0.1))


@pytest.mark.parametrize(
    ("circuit", "active", "neurons"),
    [(ands(200, 200, 3), 4, 130), (and_nots(200, 200), 3, 180)],
    ids=["AND of 3", "AND_NOT"],
)
def test_other_gates_are_refined_too(circuit, active, neurons):
    network = ps.compile(circuit, active=active, neurons=neurons, construction="three-channel")
    found = refine(network, passes=8, error=1e-9)
    assert found.before.wrong > 200
    assert found.measured.error_interval[1] < found.before.error_interval[0]
    assert found.network.key.belongs_to(found.network)


def test_other_constructions_are_refused_in_one_line():
    circuit = ps.problems.pairwise_and(40, 40)
    with pytest.raises(OptionError, match="and this is of monosemantic") as caught:
        refine(ps.compile(circuit, active=3, construction="monosemantic"))
    assert "\n" not in str(caught.value)


def test_deep_networks_are_refused():
    deep = ps.compile(ps.problems.layered(40, 2), active=3, neurons=400)
    with pytest.raises(OptionError, match="with their answer key, can be refined"):
        refine(deep)


# ------------------------------------------------------------------------------- what is sampled


@pytest.mark.parametrize("circuit", [and_nots(60, 700), ands(60, 90, 3)], ids=["AND_NOT", "AND"])
def test_surveys_have_every_gate_alone_and_drills_what_was_failed(circuit):
    terms = terms_of(circuit)
    samples = Samples(terms, 4, seed=3)
    alone, failed = [], set()
    for step in range(samples.steps_per_pass):
        batch = samples.at(step)
        on = evaluate_sparse(circuit, batch.rows).toarray()
        drawn = batch.terms >= 0
        assert on[np.flatnonzero(drawn), terms.output[batch.terms[drawn]]].all()
        own = terms.plain[batch.terms[batch.alone]]
        assert ((batch.rows[batch.alone] >= 0).sum(axis=1) == own).all()
        assert batch.cuts[0] == 0
        assert batch.cuts[-1] == len(batch.rows)
        if step % 2:
            assert {tuple(row) for row in batch.rows.tolist()} <= failed
            assert len(batch.rows) == 10
            samples.failed(batch, np.arange(0))
        else:
            alone.append(batch.terms[batch.alone])
            samples.failed(batch, np.arange(10))
            failed |= {tuple(row) for row in batch.rows[:10].tolist()}
    assert set(np.concatenate(alone)) == set(range(len(terms)))
    # What was failed is forgotten at the beginning of a pass.
    samples.failed(batch, np.arange(5))
    survey = samples.at(samples.steps_per_pass)
    samples.failed(survey, np.arange(0))
    assert len(samples.at(samples.steps_per_pass + 1).rows) == 0


def test_groups_have_the_same_heavy_feature(circuit):
    terms = terms_of(circuit)
    batch = Samples(terms, ACTIVE, seed=0).at(0)
    relations = range(150, 153)
    for begin, end in zip(batch.cuts[:-1], batch.cuts[1:], strict=True):
        assert len({frozenset(row) & set(relations) for row in batch.rows[begin:end].tolist()}) <= 4
    assert len(batch.cuts) == 4


# ------------------------------------------------------------------------------------- the slope


@pytest.mark.parametrize("seed", [0, 1])
def test_the_slope_is_that_of_the_loss_sample_by_sample(seed, monkeypatch):
    """Against a dense loop over samples and outputs, differentiated by torch."""
    monkeypatch.setattr("polyseme.learning.refinement.samples._SORT", 12)
    torch = import_torch("refining")
    circuit = ps.problems.facts(table(40))
    network = superposed(circuit, 100)
    key, layer, margin = network.key, network.layers[0], 0.2
    generator = np.random.default_rng(seed)
    weights = (layer.weights * layer.scale).astype(np.float32)
    weights += generator.normal(size=weights.shape).astype(np.float32) * weights.std() / 2
    bias = (layer.bias * layer.scale - 0.2).astype(np.float32)
    with without_slopes():
        hinge = Hinge(network, key)
        loss = SampledLoss(key, hinge, Samples(key.terms, ACTIVE, seed))
        slope = loss.slope(torch.from_numpy(weights), torch.from_numpy(bias), 0, margin)
    batch = Samples(key.terms, ACTIVE, seed).at(0)
    on = np.zeros((len(batch.rows), key.terms.features), np.float32)
    for number, row in enumerate(batch.rows):
        on[number, row[row >= 0]] = 1
    w = torch.from_numpy(weights).requires_grad_()
    b = torch.from_numpy(bias).requires_grad_()
    sums = torch.from_numpy(on @ key.encoder.matrix().toarray()) @ w.T + b
    should = evaluate_sparse(circuit, batch.rows).toarray()
    total = sum(_loss_of(sums[i], should[i], batch, i, hinge, key, network, margin)
                for i in range(len(batch.rows)))  # fmt: skip
    total.backward()
    expected = w.grad.numpy()
    basis = key.encoder.positions[basis_features(key.encoder)]
    expected[:, ~np.isin(np.arange(expected.shape[1]), basis)] = 0
    assert np.abs(expected).max() > 1
    assert np.allclose(slope.weights.numpy(), expected, atol=2e-3 * np.abs(expected).max())
    assert np.allclose(slope.bias.numpy(), b.grad.numpy(), atol=2e-3 * b.grad.abs().max().item())


def _loss_of(sums, should, batch, sample, hinge, key, network, margin):
    torch = import_torch("refining")
    readout = hinge.readout.toarray()
    units = network.readout.weights[network.readout.offsets[:-1]] / np.array(
        [row[row > 0][0] for row in readout]
    )
    thresholds = network.readout.thresholds / units
    term, total = batch.terms[sample], 0
    hosts = key.layers[0].units[slice(*key.layers[0].offsets[term : term + 2])]
    for output in range(len(readout)):
        hidden = sums.relu()
        if term >= 0 and output == key.terms.output[term]:
            # Its own neurons let the slope through, shut or not.
            let = torch.zeros(len(sums)).index_fill_(0, torch.from_numpy(hosts).long(), 1)
            shut = (sums <= 0) * let
            hidden = hidden + shut * (sums - sums.detach())
        reading = (torch.from_numpy(readout[output]) * hidden).sum()
        side = -1 if should[output] else 1
        miss = (side * (reading - float(thresholds[output])) + margin).relu()
        if batch.alone[sample]:
            total = total + _ALONE * miss**2 / 2
        else:
            wrong = miss > margin
            total = total + (margin * miss - margin**2 / 2 if wrong else miss**2 / 2)
    return total


# ------------------------------------------------------------------------------------- the basis


def test_the_basis_is_orthogonal_and_as_large_as_can_be(network):
    code = network.encoder.code
    basis = basis_features(code)
    codes = code.matrix().toarray()[basis]
    assert np.array_equal(codes @ codes.T, code.weight * np.eye(len(basis)))
    covered = np.unique(code.positions[basis])
    assert len(covered) > 0.9 * code.neurons
    assert (np.diff(basis) > 0).all()


def test_a_basis_may_have_a_gap_where_a_feature_has_dimensions_of_its_own():
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], np.int8)
    positions = np.array([[0, 1, 2, 3]] * 4 + [[3, 2, 1, 0]] * 4, np.int32)
    signs = np.concatenate((hadamard, hadamard))
    # In place of the second row stands a feature with dimensions of its own; the row comes again.
    positions[1], signs[1] = [4, 5, 6, 7], 1
    found = basis_features(SparseCode(8, positions, signs))
    assert found.tolist() == [0, 1, 2, 3, 5]


# ------------------------------------------------------------------------------ the command line


@pytest.mark.slow
def test_the_command_line_refines_a_table(tmp_path, capsys):
    source, net, state = tmp_path / "t.csv", tmp_path / "net.safetensors", tmp_path / "state"
    rows = table(300)
    with source.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, ["subject", "colour", "place", "kind"])
        writer.writeheader()
        writer.writerows({"subject": name} | row for name, row in rows.items())
    options = ["--neurons", "200", "--refine", "1", "--refine-state", str(state), "-o", str(net)]
    options += ["--epsilon", "none"]
    assert main(["compile", str(source), *options]) in (0, 1)
    shown = capsys.readouterr()
    assert "refined by descent" in shown.out
    assert state.exists()
    loaded = load(net, tmp_path / "net.key.safetensors")
    assert loaded.key.belongs_to(loaded)


def test_entries_of_an_output_that_reads_nothing_are_zero():
    from polyseme.learning.refinement.hinge import entries

    matrix = sp.csr_array(np.array([[0, 2.0], [0, 0]], np.float32))
    found = entries(matrix, np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert found.tolist() == [0, 2, 0]
