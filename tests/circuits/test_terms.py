"""The term form of shallow circuits against a naive OR of ANDs."""

from __future__ import annotations

import gc
import itertools
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import (
    Circuit,
    GateKind,
    Terms,
    build_circuit,
    evaluate_dense,
    one_layer_form,
    terms_of,
)
from polyseme.circuits.terms import MAX_XOR_INPUTS
from polyseme.errors import SourceError

PASSING = (GateKind.OR, GateKind.IDENTITY)


@st.composite
def shallow_circuits(draw: st.DrawFn, max_or_depth: int = 4) -> Circuit:
    """Gates over features, then ORs and identities over anything, nested."""
    features = draw(st.integers(1, 6))
    gates: list[tuple[GateKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(GateKind))
        widest = {GateKind.IDENTITY: 1, GateKind.XOR: 4}.get(kind, features)
        inputs = st.lists(
            st.integers(0, features - 1), min_size=1, max_size=min(widest, features), unique=True
        )
        gates.append((kind, draw(inputs)))
    for _ in range(draw(st.integers(0, max_or_depth))):
        kind = draw(st.sampled_from(PASSING))
        wires = st.integers(0, features + len(gates) - 1)
        widest = 1 if kind is GateKind.IDENTITY else 4
        gates.append((kind, draw(st.lists(wires, min_size=1, max_size=widest, unique=True))))
    outputs = draw(st.lists(st.integers(0, features + len(gates) - 1), min_size=1, max_size=5))
    return build_circuit([f"f{i}" for i in range(features)], gates, outputs)


def term_literals(terms: Terms, term: int) -> list[tuple[int, int]]:
    begin, end = int(terms.offsets[term]), int(terms.offsets[term + 1])
    return [(int(terms.literals[i]), int(terms.signs[i])) for i in range(begin, end)]


def or_of_ands(terms: Terms, bits: tuple[bool, ...]) -> list[bool]:
    values = [False] * terms.outputs
    for term in range(len(terms)):
        if all(bits[feature] == (sign > 0) for feature, sign in term_literals(terms, term)):
            values[int(terms.output[term])] = True
    return values


@given(shallow_circuits())
@settings(max_examples=60, deadline=None)
def test_terms_compute_the_circuit(circuit: Circuit) -> None:
    terms = terms_of(circuit)
    every = list(itertools.product([False, True], repeat=len(circuit.features)))
    wanted = evaluate_dense(circuit, np.array(every))
    assert [or_of_ands(terms, bits) for bits in every] == wanted.tolist()


@given(shallow_circuits())
@settings(max_examples=80, deadline=None)
def test_the_shape_of_terms(circuit: Circuit) -> None:
    terms = terms_of(circuit)
    assert terms.output.dtype == np.int32
    assert terms.offsets.dtype == np.int64
    assert terms.literals.dtype == np.int32
    assert terms.signs.dtype == np.int8
    rows = [term_literals(terms, term) for term in range(len(terms))]
    assert terms.output.tolist() == sorted(terms.output.tolist())
    assert set(terms.output.tolist()) == set(range(len(circuit.outputs)))
    assert all(len({feature for feature, _ in row}) == len(row) for row in rows)
    assert terms.widths.tolist() == [len(row) for row in rows]
    assert terms.plain.tolist() == [sum(sign > 0 for _, sign in row) for row in rows]
    assert terms.plain.min() >= 1
    read = [feature for row in rows for feature, _ in row]
    assert terms.influence.tolist() == [read.count(f) for f in range(len(circuit.features))]
    assert terms.term_of_literal.tolist() == [i for i, row in enumerate(rows) for _ in row]


@given(shallow_circuits(), st.data())
@settings(max_examples=60, deadline=None)
def test_select_takes_terms_in_the_order_given(circuit: Circuit, data: st.DataObject) -> None:
    terms = terms_of(circuit)
    chosen = data.draw(st.lists(st.integers(0, len(terms) - 1), max_size=6))
    selected = terms.select(np.array(chosen, np.int64))
    assert selected.output.tolist() == [int(terms.output[term]) for term in chosen]
    assert [term_literals(selected, place) for place in range(len(selected))] == [
        term_literals(terms, term) for term in chosen
    ]


def test_outputs_that_are_features_need_no_gates() -> None:
    terms = terms_of(build_circuit(["a", "b", "c"], [], [2, 0, 2]))
    assert terms.literals.tolist() == [2, 0, 2]
    assert terms.output.tolist() == [0, 1, 2]
    assert terms.signs.tolist() == [1, 1, 1]


def test_an_or_met_twice_is_opened_once() -> None:
    # Sixty ORs, each of the two before it: paths double at every step, terms must not.
    gates = [(GateKind.OR, [wire, wire + 1]) for wire in range(60)]
    terms = terms_of(build_circuit(["a", "b"], gates, [61]))
    assert sorted(terms.literals.tolist()) == [0, 1]


@pytest.mark.parametrize("kind", [GateKind.AND, GateKind.AND_NOT, GateKind.XOR])
@pytest.mark.parametrize("inner", GateKind)
def test_a_deeper_gate_is_refused_by_number(kind: GateKind, inner: GateKind) -> None:
    inner_inputs = [1] if inner is GateKind.IDENTITY else [1, 2]
    gates = [(GateKind.OR, [0, 1]), (inner, inner_inputs), (kind, [0, 4]), (GateKind.OR, [3, 5])]
    deep = build_circuit(["a", "b", "c"], gates, [0, 6], name="deep")
    with pytest.raises(SourceError) as caught:
        terms_of(deep)
    assert str(caught.value) == (
        "deep: gate 2 reads gate 1; one hidden layer computes gates over features, and ORs of those"
    )
    # The same gate does no harm where no output needs it.
    assert len(terms_of(build_circuit(["a", "b", "c"], gates, [0, 3]))) == 3


def test_terms_are_those_of_wires_and_constants_have_none() -> None:
    gates = [(GateKind.AND, [0, 1])]
    plain = terms_of(build_circuit(["a", "b"], gates, [-1, 2, 0]))
    turned = terms_of(build_circuit(["a", "b"], gates, [-1, 2, 0], inverted=[True, True, False]))
    for terms in (plain, turned):
        assert terms.outputs == 3
        assert terms.output.tolist() == [1, 2]
        assert [term_literals(terms, term) for term in range(2)] == [[(0, 1), (1, 1)], [(0, 1)]]
    assert len(terms_of(build_circuit(["a"], [], [-1]))) == 0


def test_a_deep_chain_of_ors_is_one_sum() -> None:
    gates = [(GateKind.OR, [wire, 2998 + wire]) for wire in range(2, 3000)]
    names = [f"f{i}" for i in range(3000)]
    circuit = build_circuit(names, [(GateKind.OR, [0, 1]), *gates], [5998])
    assert circuit.depth == 2999
    assert sorted(terms_of(circuit).literals.tolist()) == list(range(3000))


def wide_xor(width: int) -> Circuit:
    return build_circuit(
        [f"f{i}" for i in range(width)], [(GateKind.XOR, list(range(width)))], [width], name="wide"
    )


def test_the_widest_xor_and_one_wider() -> None:
    terms = terms_of(wide_xor(MAX_XOR_INPUTS))
    assert len(terms) == 2 ** (MAX_XOR_INPUTS - 1)
    assert (terms.plain % 2 == 1).all()
    with pytest.raises(SourceError, match="wide: gate 0 is an XOR of more than 6 inputs"):
        terms_of(wide_xor(MAX_XOR_INPUTS + 1))


FEATURES = ["a", "b", "c", "d"]
AND3 = (GateKind.AND, [0, 1, 2])


@pytest.mark.parametrize(
    ("gates", "outputs", "inverted", "refusal", "has_terms"),
    [
        ([AND3], [4, 0], (), None, True),
        ([(GateKind.OR, [0, 1]), (GateKind.AND, [4, 2])], [5], (), "gate 1 reads gate 0", False),
        ([AND3], [4], [True], "an output rests at 1 or is constant", True),
        ([AND3], [4, -1], (), "an output rests at 1 or is constant", True),
        ([], [-1], (), "an output rests at 1 or is constant", True),
    ],
)
def test_the_one_layer_form_says_why_a_circuit_has_none(
    gates: list[tuple[GateKind, list[int]]],
    outputs: list[int],
    inverted: list[bool],
    refusal: str | None,
    has_terms: bool,
) -> None:
    form = one_layer_form(build_circuit(FEATURES, gates, outputs, inverted=inverted))
    assert form.is_shallow == (refusal is None)
    assert (form.terms is not None) == has_terms
    assert (form.obstacle is None) == has_terms
    if refusal is None:
        assert form.refusal() is None
    else:
        assert refusal in str(form.refusal())
    assert not form.fits(2)
    assert form.fits(3) == form.is_shallow


def test_a_term_wider_than_the_promise_is_named() -> None:
    form = one_layer_form(build_circuit(FEATURES, [AND3], [4]))
    assert form.most_plain == 3
    assert form.refusal(2) == "a term needs 3 features on, more than the 2 promised"
    assert form.refusal(3) is None


def test_the_form_is_found_once_per_circuit_and_goes_with_it() -> None:
    circuit = build_circuit(FEATURES, [AND3], [4])
    form = one_layer_form(circuit)
    assert one_layer_form(circuit) is form
    assert terms_of(circuit) is form.terms
    # Equal in all but identity.
    assert one_layer_form(build_circuit(FEATURES, [AND3], [4])) is not form
    seen = weakref.ref(circuit)
    del circuit
    gc.collect()
    assert seen() is None
