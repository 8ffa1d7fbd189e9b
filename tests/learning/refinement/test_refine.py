"""Refinement: lower error at the same size, whole numbers, a true key, the same bytes again."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import polyseme as ps
from polyseme.cli.main import main
from polyseme.codes.code import SparseCode
from polyseme.common.extras import import_torch
from polyseme.errors import FileFormatError, MissingExtraError, OptionError, PolysemeError
from polyseme.learning.refinement import margins as margins_module
from polyseme.learning.refinement.batches import Blocks
from polyseme.learning.refinement.decisions import without_slopes
from polyseme.learning.refinement.linear import Linear
from polyseme.learning.refinement.margins import Margins
from polyseme.learning.refinement.quantise import basis_features
from polyseme.learning.refinement.refine import refine
from polyseme.networks.saving.files import load, save_key, save_network

GATES, NEURONS = 200, 96


@pytest.fixture(scope="module")
def circuit():
    return ps.problems.pairwise_and(GATES, GATES)


@pytest.fixture(scope="module")
def network(circuit):
    return ps.compile(circuit, active=3, neurons=NEURONS, construction="tight-frames")


@pytest.fixture(scope="module")
def result(network):
    return refine(network, passes=20, error=1e-9)


def saved(network, path):
    save_network(network, path)
    save_key(network.key, path.with_suffix(".key"))
    return path.read_bytes(), path.with_suffix(".key").read_bytes()


def test_the_error_on_fresh_samples_is_far_lower_at_the_same_size(circuit, network, result):
    before = ps.verify(network, circuit, samples=20_000, seed=5)
    after = ps.verify(result.network, circuit, samples=20_000, seed=5)
    assert before.wrong > 100
    assert after.error_interval[1] < before.error_interval[0] / 3
    assert result.network.layers[0].weights.shape == network.layers[0].weights.shape


def test_what_is_reported_is_what_verification_finds(circuit, network, result):
    assert (result.before.samples, result.measured.samples) == (20_000, 20_000)
    for seen, tried in ((result.before, network), (result.measured, result.network)):
        low, high = ps.verify(tried, circuit, samples=20_000, seed=6).error_interval
        assert seen.error_interval[0] <= high
        assert low <= seen.error_interval[1]
    old, new = (each.layers[0].weights * each.layers[0].scale for each in (network, result.network))
    assert result.moved == pytest.approx(np.linalg.norm(new - old) / np.linalg.norm(old))
    assert result.passes == 20


def test_codes_and_readout_stay_and_the_key_is_true_of_every_weight(network, result):
    refined = result.network
    assert refined.key.belongs_to(refined)
    assert not network.key.belongs_to(refined)
    product = refined.key.layers[0].compression.toarray().astype(
        int
    ) @ network.encoder.code.matrix().astype(int)
    assert np.array_equal(product, refined.layers[0].weights)
    assert refined.encoder is network.encoder
    assert np.array_equal(refined.readout.neurons, network.readout.neurons)
    assert np.array_equal(refined.readout.weights, network.readout.weights)
    assert refined.provenance.readout_parameters == 2


def test_no_relu_bends_so_that_the_linear_loss_is_the_networks(circuit, result):
    layer = result.network.layers[0]
    reads = layer.weights.astype(int) @ result.network.encoder.code.matrix().toarray().T.astype(int)
    lowest = np.sort(reads, axis=1)[:, :3].sum(axis=1) + layer.bias
    assert (lowest >= 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(network, tmp_path):
    first, again, other = (
        saved(refine(network, passes=1, seed=seed).network, tmp_path / name)
        for seed, name in ((1, "first"), (1, "again"), (2, "other"))
    )
    assert first == again
    assert first[0] != other[0]


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("passes_before", [1, 3])
def test_an_interrupted_descent_goes_on_to_the_same_bytes(
    network, tmp_path, monkeypatch, passes_before
):
    monkeypatch.setattr("polyseme.learning.refinement.descent._SAVED_EVERY_SECONDS", -1.0)
    state = tmp_path / "state"

    def stop(line):
        if line.startswith(f"refined {passes_before} of"):
            raise Interrupted

    with pytest.raises(Interrupted):
        refine(network, passes=3, error=1e-9, state=state, note=stop)
    seen = []
    resumed = refine(network, passes=3, error=1e-9, state=state, note=seen.append)
    assert not any(line.startswith("refined 1 of") for line in seen) or passes_before == 1
    whole = refine(network, passes=3, error=1e-9)
    assert saved(resumed.network, tmp_path / "a") == saved(whole.network, tmp_path / "b")
    # Finished, it is finished.
    again = refine(network, passes=3, error=1e-9, state=state)
    assert saved(again.network, tmp_path / "c") == saved(whole.network, tmp_path / "b")


def test_descent_ends_early_where_held_out_inputs_are_decided_well_enough(network):
    lines = []
    found = refine(network, passes=30, error=0.5, note=lines.append)
    assert found.passes == 3
    assert "of 10,000 wrong" in lines[-1]


def hostile(state, how):
    tensors = load_file(state)
    head = state.read_bytes()
    with safe_open(state, framework="np") as opened:
        metadata = opened.metadata()
    if how == "not safetensors":
        state.write_bytes(b"nothing of the kind")
        return
    if how == "cut":
        state.write_bytes(head[: len(head) // 2])
        return
    if how == "a directory":
        state.unlink()
        state.mkdir()
        return
    if how == "no metadata":
        metadata = {}
    elif how == "metadata is a list":
        metadata["polyseme"] = "[]"
    elif how == "deep metadata":
        metadata["polyseme"] = "[" * 100_000
    elif how == "step":
        metadata["polyseme"] = metadata["polyseme"].replace('"step": 80', '"step": 10000')
    elif how == "step of another kind":
        metadata["polyseme"] = metadata["polyseme"].replace('"step": 80', '"step": true')
    elif how == "not a number":
        tensors["weights.values"][0, 0] = np.nan
    elif how == "negative square":
        tensors["bias.square"][0] = -1
    elif how == "shape":
        tensors["bias.mean"] = tensors["bias.mean"][:-1].copy()
    elif how == "type":
        tensors["bias.mean"] = tensors["bias.mean"].astype(np.float64)
    elif how == "one missing":
        del tensors["weights.mean"]
    save_file(tensors, state, metadata)


@pytest.fixture
def state(network, tmp_path):
    path = tmp_path / "state"
    refine(network, passes=2, error=1e-9, state=path)
    return path


HOSTILE = (
    "not safetensors",
    "cut",
    "a directory",
    "no metadata",
    "metadata is a list",
    "deep metadata",
    "step",
    "step of another kind",
    "not a number",
    "negative square",
    "shape",
    "type",
    "one missing",
)


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_state_is_refused_in_one_line(network, state, how):
    hostile(state, how)
    with pytest.raises(PolysemeError) as caught:
        refine(network, passes=2, error=1e-9, state=state)
    assert str(caught.value).startswith(f"{state}: ")
    assert "\n" not in str(caught.value)


def test_a_state_written_again_unharmed_is_taken(network, state):
    hostile(state, "left as it is")
    refine(network, passes=2, error=1e-9, state=state)


@pytest.mark.parametrize("options", [{"passes": 3}, {"seed": 1}, {"error": 1e-8}])
def test_the_state_of_another_descent_is_refused(network, state, options):
    with pytest.raises(FileFormatError, match="another network, or with other options"):
        refine(network, **({"passes": 2, "error": 1e-9} | options), state=state)


def test_without_torch_one_line_names_the_extra(network, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r'pip install "polyseme\[torch\]"'):
        refine(network)
    command = ["compile", "and2:features=200,gates=200", "--construction", "tight-frames"]
    assert main([*command, "--refine", "5"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        ("and2:features=40,gates=40", {"construction": "monosemantic"}, "only networks of tight"),
        ("and:features=200,gates=200,k=3", {"active": 4}, "only ANDs of two"),
        ("and2:features=200,gates=200", {"active": 2}, "nothing else is on"),
    ],
)
def test_networks_that_cannot_be_refined_are_refused(source, options, says):
    options = {"construction": "tight-frames", "neurons": 96} | options
    with pytest.raises(OptionError, match=says):
        refine(ps.compile(ps.read(source), **options))


@pytest.mark.parametrize(
    "options", [{"passes": 0}, {"passes": 10**9}, {"error": 0.0}, {"error": 1.0}]
)
def test_numbers_out_of_range_are_refused(network, options):
    with pytest.raises(OptionError, match=r"it must be"):
        refine(network, **options)


def test_a_network_without_its_key_is_refused(network):
    with pytest.raises(OptionError, match="with their answer key"):
        refine(replace(network, key=None))


def test_codes_that_are_no_orthogonal_bases_are_refused():
    positions = np.array([[0, 1], [0, 1], [2, 3], [2, 3]], np.int32)
    good = SparseCode(4, positions, np.array([[1, 1], [1, -1], [1, 1], [1, -1]], np.int8))
    assert basis_features(good).tolist() == [0, 1, 2, 3]
    with pytest.raises(OptionError, match="orthogonal"):
        basis_features(SparseCode(4, positions, np.ones((4, 2), np.int8)))


@pytest.mark.parametrize(("active", "at_once"), [(3, 32), (3, 3), (5, 32), (5, 1)])
def test_the_slope_is_that_of_the_loss_summed_over_inputs_one_by_one(active, at_once, monkeypatch):
    """Against a loop over outputs and inputs, differentiated by torch."""
    monkeypatch.setattr(margins_module, "_AT_ONCE", at_once)
    torch = import_torch("refining")
    generator = np.random.default_rng(3)
    features, neurons, margin, level = 9, 5, 0.3, 1.5
    gates = np.array([[0, 1], [1, 2], [3, 4], [5, 6], [0, 7], [2, 8], [0, 4]])
    encoder = generator.integers(-1, 2, (features, neurons)).astype(np.float32)
    readout = generator.integers(-1, 2, (len(gates), neurons)).astype(np.float32) / 4
    weights = generator.normal(size=(neurons, neurons)).astype(np.float32) / 2
    bias = generator.normal(size=neurons).astype(np.float32)
    blocks = Blocks(gates, features, active, 4, 0)
    with without_slopes():
        block = blocks.at(1)
        margins = Margins(*(_sparse(each) for each in (encoder, readout)), gates, level)
        slope = margins.slope(torch.from_numpy(weights), torch.from_numpy(bias), block, margin)
    w = torch.from_numpy(weights).requires_grad_()
    b = torch.from_numpy(bias).requires_grad_()
    reads = torch.from_numpy(readout) @ w @ torch.from_numpy(encoder).T
    lift = torch.from_numpy(readout) @ b
    loss = sum(
        _one_by_one(reads[h], lift[h], h, gates, block, level, margin) for h in block.outputs
    )
    loss.backward()
    assert np.allclose(slope.weights.numpy(), w.grad.numpy() / 2, atol=1e-4)
    assert np.allclose(slope.bias.numpy(), b.grad.numpy() / 2, atol=1e-4)


def _sparse(dense):
    import scipy.sparse as sp

    return sp.csr_array(dense)


def _one_by_one(row, lift, output, gates, block, level, margin):
    """The loss of one output, summed over what every input of `batches.py` lacks."""

    def lost(lacking):
        square = lacking.relu() ** 2
        return square / (1 + square / (3 * margin) ** 2)

    own = set(gates[output])
    high, low = level + margin - lift, level - margin - lift
    fillings = [[x, *(int(more[x]) for more in block.beside_features)] for x in range(row.shape[0])]
    fillings = [filling for filling in fillings if not own & set(filling)]
    # What was read of a filling does not move what it is the highest of.
    sums = [sum(row[x] for x in filling) for filling in fillings]
    total = sum(lost(high - sum(row[x] for x in own) - filling) for filling in sums)
    near = [set(gate) for gate in gates if own & set(gate) and set(gate) != own]
    for gate in near:
        total = total + sum(lost(sum(row[x] for x in gate) + x - low) for x in sums)
    far, beside = [], []
    for number, gate in enumerate(gates):
        more = [int(extra[number]) for extra in block.beside_gates]
        if not own & set(gate):
            far.append(sum(row[x] for x in gate))
            if not own & set(more):
                beside.append(far[-1] + sum(row[x] for x in more))
    for feature in own:
        total = total + sum(lost(gate + row[feature] - low) for gate in beside)
    total = total + sum(lost(gate + max(sums) - low) for gate in far)
    return total + sum(lost(x + max(far) - low) for x in sums)


def test_the_command_line_refines_saves_and_says_so(tmp_path, capsys):
    net, state = tmp_path / "net.safetensors", tmp_path / "state"
    command = ["compile", "and2:features=200,gates=200", "--construction", "tight-frames"]
    options = ["--neurons", "96", "--refine", "5", "--refine-state", str(state), "-o", str(net)]
    assert main([*command, *options]) in (0, 1)
    shown = capsys.readouterr()
    assert "refined by descent" in shown.out
    assert state.exists()
    loaded = load(net, tmp_path / "net.key.safetensors")
    assert loaded.key.belongs_to(loaded)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--refine", "0"], "whole number from 1"),
        (["--refine", "1.5"], "whole number from 1"),
        (["--refine-state", "state"], "name both or neither"),
        (["--refine", "3", "--refine-state", "no/such/place"], "cannot be written"),
        (["--refine", "3", "--refine-state", "net", "-o", "net"], "name another file"),
    ],
)
def test_bad_options_are_one_line(options, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["compile", "and2:features=200,gates=200", *options]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("worse", [False, True])
def test_what_descent_makes_worse_is_dropped(network, worse, monkeypatch):
    said: list[str] = []
    finished = Linear.finished

    def spoilt(kind, weights, bias):
        return finished(kind, weights * np.float32(not worse), bias)

    monkeypatch.setattr(Linear, "finished", spoilt)
    found = refine(network, passes=10, note=said.append)
    same = np.array_equal(found.network.layers[0].weights, network.layers[0].weights)
    assert same == worse == said[-1].startswith("not refined: 10 passes of descent made ")
    assert found.network.provenance.note.startswith("not refined" if worse else "refined by")
    assert (found.moved == 0) == worse
    assert (found.measured == found.before) == worse
