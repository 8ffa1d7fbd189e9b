"""Answer keys: every construction has one, it is true of its network, and of no other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp

import polyseme as ps
from polyseme.circuits import problems
from polyseme.circuits.circuit import GateKind, build_circuit
from polyseme.circuits.evaluate import wires_on
from polyseme.circuits.term_wires import wires_of_terms
from polyseme.circuits.terms import terms_of
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.catalogue import CATALOGUE, POOLED
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.task import Task
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load
from support.heavy_light import heavy_and_light
from support.linked import linked
from support.small_networks import full_weights, network_of, superposed_network

# Small circuits, and sizes at which codes share neurons, by construction.
BUILT = {
    "adler-shavit": ("and2:features=400,gates=2000,influence=zipf", {"neurons": 700}),
    "k-and": ("and:k=3,features=300,gates=200", {"neurons": 250}),
    "and-tree": ("and:k=4,features=300,gates=200", {"neurons": 300, "active": 4}),
    "single-use": ("and2:features=1000,gates=400", {"neurons": 350}),
    "permutation": ("permutation:features=200", {"neurons": 180}),
    "input-channel": ("uand:features=40", {"neurons": 300}),
    "error-correction": ("layered:width=200,depth=2,active=2", {"neurons": 400, "active": 2}),
    "reed-solomon": ("and2:features=300,gates=300", {"neurons": 400}),
    "one-bit": ("and2:features=2000,gates=2000", {"neurons": 900}),
    "gaussian-products": ("uand:features=12", {"neurons": 300}),
    "rademacher-products": ("uand:features=12", {"neurons": 300}),
    "universal-and": ("uand:features=15", {"neurons": 400}),
    "quadratic": ("uand:features=20", {"neurons": 500}),
    "monosemantic": ("and2:features=60,gates=60", {}),
}
DEFAULT = ("and2:features=600,gates=500", {"neurons": 400})


@cache
def network_by(construction: str) -> Network:
    if construction == "pooled":
        candidate = POOLED.candidate(Task(heavy_and_light(4, 800), 3, epsilon=0.25))
        return candidate.build(candidate.declared.neurons)
    if construction == "mixed-channel":
        names = [f"heavy{i}" for i in range(20)] + [f"light{i}" for i in range(400)]
        gates = [(GateKind.AND, (i % 20, 20 + i)) for i in range(400)]
        circuit = build_circuit(names, gates, list(range(420, 820)), name="heavy")
        return ps.compile(circuit, construction=construction, neurons=300)
    if construction == "hops":
        return ps.compile(linked(2000, 1600), active=2, construction=construction)
    if construction == "deep":
        return superposed_network(300)
    source, options = BUILT.get(construction, DEFAULT)
    return ps.compile(ps.read(source), construction=construction, **options)


EVERY = (*CATALOGUE, "deep")


def with_layer(key: AnswerKey, number: int, **changes: object) -> AnswerKey:
    layers = list(key.layers)
    layers[number] = replace(layers[number], **changes)
    return replace(key, layers=tuple(layers))


def with_weights(network: Network, number: int, weights: np.ndarray) -> Network:
    layers = list(network.layers)
    layers[number] = replace(layers[number], weights=weights)
    return replace(network, layers=tuple(layers))


def assert_not_of(network: Network, key: AnswerKey, directory) -> None:
    network.save(directory / "net")
    key.save(directory / "key")
    with pytest.raises(FileFormatError, match="is not the answer key of") as caught:
        load(directory / "net", directory / "key")
    assert len(str(caught.value).splitlines()) == 1


# Every construction


@pytest.mark.parametrize("construction", EVERY)
def test_every_network_has_a_key_that_is_true_of_it(construction, tmp_path):
    network = network_by(construction)
    assert network.provenance.construction == construction
    assert network.key is not None
    assert network.key.belongs_to(network)
    network.save(tmp_path / "net")
    network.key.save(tmp_path / "key")
    loaded = load(tmp_path / "net", tmp_path / "key")
    loaded.key.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize("construction", EVERY)
def test_a_weight_that_the_key_names_cannot_change(construction):
    """Any weight where W factors; where it has own reads, one on a unit of a column read."""
    network = network_by(construction)
    for number, (key, layer) in enumerate(zip(network.key.layers, network.layers, strict=True)):
        weights = layer.weights.copy()
        if key.factors:
            changed = weights.data if layer.is_sparse else weights.reshape(-1)
            changed[len(changed) // 2] += 1
        elif key.reads is not None:
            below = network.key.encoder if not number else network.key.layers[number - 1].code
            unit = int(np.flatnonzero(np.diff(key.reads.indptr))[-1])
            column = key.reads.indices[key.reads.indptr[unit]]
            weights[unit, below.positions[column, 0]] += 1
        else:
            assert construction in ("quadratic", "hops")
            continue
        assert not network.key.belongs_to(with_weights(network, number, weights))


@pytest.mark.parametrize("construction", [name for name in EVERY if name != "deep"])
def test_another_unit_in_the_last_layer_is_refused(construction):
    network = network_by(construction)
    key, last = network.key, len(network.layers) - 1
    held = key.layers[last]
    column = int(np.argmax((held.counts > 0) & (held.counts < held.width)))
    if not 0 < held.counts[column] < held.width:
        assert construction.endswith("-products")
        return
    run = slice(*held.offsets[column : column + 2])
    units = held.units.copy()
    units[run.start] = np.setdiff1d(np.arange(held.width), units[run])[0]
    assert not with_layer(key, last, units=units).belongs_to(network)


@pytest.mark.parametrize("construction", EVERY)
def test_units_of_a_column_and_columns_of_a_unit_agree(construction):
    key = network_by(construction).key
    for number, held in enumerate(key.layers):
        hosts = key.hosts(number)
        assert hosts.shape == (held.width, len(held.wires))
        unit = int(np.argmax(np.diff(hosts.indptr)))
        served = [
            column
            for column in range(len(held.wires))
            if unit in held.units[slice(*held.offsets[column : column + 2])]
        ]
        assert key.columns_of(unit, number).tolist() == served
        assert np.sort(hosts[[unit]].indices).tolist() == served


def test_the_quadratic_key_says_which_units_a_pair_reads_and_no_factor():
    network = network_by("quadratic")
    (held,) = network.key.layers
    assert (held.compression, held.reads, held.resolution) == (None, None, 0)
    assert np.array_equal(held.offsets, network.readout.offsets)
    assert np.array_equal(held.units, network.readout.neurons)


def test_the_units_of_sign_products_serve_every_pair_and_read_what_they_weigh():
    network = network_by("gaussian-products")
    (held,) = network.key.layers
    assert (held.counts == network.neurons).all()
    assert np.array_equal(held.compression.toarray(), network.layers[0].weights)
    assert held.resolution == 1 / network.layers[0].scale


def test_to_make_a_key_leaves_the_plan_as_it_was(tmp_path):
    # Literals of a stage that do not rise, as a matrix of them must.
    gates = [(GateKind.AND, (3, 0)), (GateKind.AND_NOT, (5, 6, 1)), (GateKind.AND, (7, 6, 2))]
    plan = make_staged_plan(Task(build_circuit("abcdef", gates, [8, 7]), 3, 1e-2))
    assert any((np.diff(stage.literals) < 0).any() for stage in plan.schedule.stages)
    for name in ("1", "2"):
        network = build_stages(plan, 100)
        network.save(tmp_path / f"net{name}")
        network.key.save(tmp_path / f"key{name}")
    for what in ("net", "key"):
        assert (tmp_path / f"{what}1").read_bytes() == (tmp_path / f"{what}2").read_bytes()


# Wires of terms


def test_wires_compute_the_terms_they_are_said_to():
    gates = [
        (GateKind.AND, (0, 1)),
        (GateKind.AND_NOT, (2, 3, 4)),
        (GateKind.XOR, (1, 2)),
        (GateKind.AND, (3, 0, 4)),
        (GateKind.AND, (0, 1)),
        (GateKind.AND_NOT, (1, 2)),
        (GateKind.OR, (5, 6, 7, 8)),
        (GateKind.OR, (9, 10, 3)),
    ]
    circuit = build_circuit("abcde", gates, [11, 12, 5, 7, 4])
    terms = terms_of(circuit)
    wires = wires_of_terms(circuit)
    # What an XOR was split into is a wire only where a gate computes it too.
    assert sorted(set(wires.tolist())) == [-1, 3, 4, 5, 6, 8, 10]
    rows = np.where((np.arange(32)[:, None] >> np.arange(5)) & 1, np.arange(5), -1)
    truth = wires_on(circuit, rows.astype(np.int32)).toarray()
    for term, wire in enumerate(wires):
        begin, end = terms.offsets[term : term + 2]
        wanted = terms.signs[begin:end] > 0
        fires = (truth[:, terms.literals[begin:end]] == wanted).all(axis=1)
        if wire >= 0:
            assert np.array_equal(truth[:, wire], fires)


def test_wires_of_many_gates_are_those_of_the_outputs():
    circuit = problems.pairwise_and(3000, 200_000)
    wires = wires_of_terms(circuit)
    assert np.array_equal(wires, circuit.outputs)


def test_columns_are_told_in_words():
    circuit = build_circuit("abc", [(GateKind.AND_NOT, (0, 1)), (GateKind.OR, (3, 2))], [4])
    key = ps.compile(circuit, construction="monosemantic").key
    assert [key.describe(term) for term in range(2)] == ["c -> y0", "a & not b -> y0"]
    wires = superposed_network(300).key
    assert wires.describe(3, 2) == wires.circuit.wire_name(int(wires.layers[2].wires[3]))
    with pytest.raises(OptionError, match="wires, not terms"):
        _ = wires.terms
    assert not wires.has_terms


# Others


def test_the_key_of_another_network_is_refused(tmp_path):
    circuit = problems.pairwise_and(60, 60)
    networks = [
        compile(circuit, neurons=50),
        # The same names and shapes, but other codes, or another circuit, or one weight apart.
        compile(circuit, neurons=50, seed=1),
        compile(problems.pairwise_and(60, 60, seed=1), neurons=50),
        compile(circuit, neurons=49),
        compile(problems.pairwise_and(61, 61), neurons=50),
    ]
    keys = [network.key for network in networks]
    compression = keys[0].layers[0].compression.copy()
    compression.data[-1] += 1
    keys.append(with_layer(keys[0], 0, compression=compression))
    # A unit of a term moved to another place.
    units = keys[0].layers[0].units.copy()
    units[0] = np.setdiff1d(np.arange(50), units[: keys[0].layers[0].offsets[1]])[0]
    keys.append(with_layer(keys[0], 0, units=units))
    net = tmp_path / "net"
    networks[0].save(net)
    for number, key in enumerate(keys):
        path = tmp_path / f"{number}.key"
        key.save(path)
        if number == 0:
            load(net, path)
            continue
        with pytest.raises(FileFormatError) as caught:
            load(net, path)
        assert str(caught.value).startswith(
            f"{path}: is not the answer key of {net}: it contradicts"
        )


def test_keys_of_other_networks_are_refused_without_more_ado(tmp_path):
    wide, narrow, one = superposed_network(10_000), superposed_network(300), network_of("facts")
    assert_not_of(wide, replace(wide.key, layers=wide.key.layers[:3]), tmp_path)
    for network, key in ((wide, narrow.key), (narrow, wide.key), (one, wide.key), (wide, one.key)):
        assert_not_of(network, key, tmp_path)


def test_a_key_of_one_layer_takes_the_same_weights_stored_sparsely():
    network = network_of("facts")
    weights = sp.csr_array(network.layers[0].weights)
    assert network.key.belongs_to(with_weights(network, 0, weights))
    weights.data[3] += 1
    assert not network.key.belongs_to(with_weights(network, 0, weights))


@pytest.mark.parametrize("number", [0, 3])
def test_another_read_is_refused(number, tmp_path):
    network = superposed_network(300)
    reads = network.key.layers[number].reads.copy()
    reads.data[-1] += 1
    assert_not_of(network, with_layer(network.key, number, reads=reads), tmp_path)


def test_another_inversion_below_is_refused(tmp_path):
    network = superposed_network(300)
    inverted = ~network.key.layers[0].inverted
    assert_not_of(network, with_layer(network.key, 0, inverted=inverted), tmp_path)


def test_units_read_what_their_gates_read():
    """Every input of every gate is among the reads of the units that carry it, with its sign."""
    key = superposed_network(300).key
    circuit, layer = key.circuit, key.layers[3]
    column = {wire: place for place, wire in enumerate(key.layers[2].wires.tolist())}
    strength = np.round(layer.reads.toarray() / layer.resolution)
    seen = 0
    for wire, units in zip(layer.wires.tolist(), layer.positions, strict=True):
        gate = wire - len(circuit.features)
        inputs = circuit.fan_in[slice(*circuit.fan_in_offsets[gate : gate + 2])].tolist()
        for place, source in enumerate(inputs):
            negated = circuit.kinds[gate] == GateKind.AND_NOT and place > 0
            # A unit whose columns want a wire with either sign does not hear it.
            assert (strength[units, column[source]] * (-1 if negated else 1) >= 0).mean() > 0.5
            seen += int((strength[units, column[source]] != 0).sum())
    assert seen > 0.9 * layer.positions.shape[1] * 1.7 * len(layer.wires)


def test_units_read_what_the_key_says():
    network = superposed_network(300)
    below = network.key.encoder.matrix().toarray().astype(np.int64)
    for layer, held in zip(network.layers, network.key.layers, strict=True):
        every = full_weights(layer).astype(np.int64) @ below.T
        reads = held.reads.tocoo()
        assert np.array_equal(every[reads.row, reads.col], reads.data)
        # At full strength, or silent, within the rounding of a column's units.
        strength = np.round(reads.data / held.resolution)
        assert set(strength.tolist()) == {-1, 0, 1}
        weight = np.abs(below).sum(axis=1).max()
        assert np.abs(reads.data - strength * held.resolution).max() <= weight / 2 + 0.05
        below = held.code.matrix().toarray().astype(np.int64)


@pytest.mark.parametrize(
    ("kind", "change", "rule"),
    [
        ("wires", {"wires": np.full(400, 10**6, np.int32)}, "not all wires of the circuit"),
        ("wires", {"reads": sp.csr_array((150, 9), dtype=np.int16)}, "must read 400 columns"),
        ("terms", {"compression": sp.csr_array((80, 9), dtype=np.int16)}, r"must read \d+ columns"),
        (
            "terms",
            {"inverted": np.ones(120, bool)},
            "where columns are terms, neither they nor outputs",
        ),
        ("terms", {"wires": np.zeros(120, np.int32)}, "are not those of the terms"),
    ],
)
def test_keys_that_break_a_rule_are_refused(kind, change, rule):
    key = superposed_network(300).key if kind == "wires" else network_of("facts").key
    with pytest.raises(OptionError, match=rule):
        with_layer(key, 1 if kind == "wires" else 0, **change)


def test_keys_whose_parts_do_not_fit_are_refused():
    wires, terms = superposed_network(300).key, network_of("facts").key
    for change, rule in (
        ({"layers": ()}, "at least one layer"),
        ({"encoder": terms.encoder}, "codes for 400 features"),
        ({"layers": (*wires.layers[:1], *terms.layers)}, "must read 400 columns"),
        ({"layers": (replace(terms.layers[0], compression=None, resolution=0),) * 2}, "."),
    ):
        with pytest.raises(OptionError, match=rule):
            replace(wires, **change)


def test_a_key_that_is_inverted_where_the_network_is_not_is_refused(tmp_path):
    network = superposed_network(300)
    # The last layer has none above it whose weights would tell.
    last = network.key.layers[-1]
    inverted = last.inverted.copy()
    inverted[5] ^= True
    false = with_layer(network.key, len(network.key.layers) - 1, inverted=inverted)
    assert network.key.belongs_to(network)
    assert not false.belongs_to(network)
