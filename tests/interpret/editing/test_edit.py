"""Facts set and removed in compiled tables: they take, others stay, and the key stays true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps

FACTS = {f"s{i}": {"r": f"o{i // 2}", "q": f"p{i % 97}"} for i in range(300)}


def compiled(construction: str) -> ps.Network:
    circuit = ps.problems.facts(FACTS)
    neurons = {"monosemantic": None, "pooled": 220, "three-channel": 190}[construction]
    return ps.compile(
        circuit, active=2, neurons=neurons, construction=construction, epsilon=None, seed=0
    )


NETWORKS = {name: compiled(name) for name in ("monosemantic", "pooled", "three-channel")}


def answers(network: ps.Network) -> list[list[str]]:
    return network.run([[subject, relation] for subject in FACTS for relation in ("r", "q")])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_facts_are_changed_and_all_others_stay(name: str) -> None:
    network = NETWORKS[name]
    edited = ps.edit(network, set=["s3: r=o77", "s4: q=p0"], remove=["s9: q"])
    assert edited.changed == ("s3: r=o77", "s4: q=p0", "s9: q")
    assert edited.failed == edited.disturbed == ()
    assert edited.facts_checked == 600
    wanted = {**FACTS, "s3": {"r": "o77", "q": "p3"}, "s4": {"r": "o2", "q": "p0"}}
    truth = [
        [] if (subject, relation) == ("s9", "q") else [f"{relation}={wanted[subject][relation]}"]
        for subject in FACTS
        for relation in ("r", "q")
    ]
    assert answers(edited.network) == truth
    assert edited.network.key.belongs_to(edited.network)


@given(st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_edits_in_any_order_leave_the_key_true_and_the_circuit_that_of_the_table(seed: int) -> None:
    draw = np.random.default_rng(seed)
    name = draw.choice(list(NETWORKS))
    network, now = NETWORKS[name], {key: dict(of) for key, of in FACTS.items()}
    for _ in range(2):
        subject, other = (f"s{i}" for i in draw.choice(300, 2, replace=False))
        now[subject]["r"] = FACTS[other]["r"]
        if f"r={now[subject]['r']}" not in network.key.circuit.output_names:
            continue
        edited = ps.edit(network, set=[f"{subject}: r={now[subject]['r']}"])
        network = edited.network
        assert edited.failed == ()
        assert network.run([subject, "r"]) == [f"r={now[subject]['r']}"]
    assert network.key.belongs_to(network)


def test_an_edited_pair_is_saved_and_read(tmp_path: Path) -> None:
    edited = ps.edit(NETWORKS["pooled"], set=["s3: r=o77"]).network
    edited.save(tmp_path / "net.safetensors", key=True)
    back = ps.load(tmp_path / "net.safetensors")
    assert back.key is not None
    assert back.key.belongs_to(back)
    assert "s3 & r -> r=o77" in {
        word for unit in range(back.neurons) for word in ps.served_by(back, unit)
    }


def test_two_subjects_may_be_given_to_one_object_at_once() -> None:
    network = NETWORKS["pooled"]
    edited = ps.edit(network, set=["s3: r=o77", "s9: r=o77", "s11: r=o77", "s21: r=o77"])
    assert edited.failed == edited.disturbed == ()


def test_setting_what_is_so_changes_no_weight() -> None:
    network = NETWORKS["pooled"]
    edited = ps.edit(network, set=["s3: r=o1"]).network
    assert np.array_equal(edited.layers[0].weights, network.layers[0].weights)


def test_a_fact_can_be_taken_away_and_given_to_a_subject_that_had_none() -> None:
    gone = ps.edit(NETWORKS["pooled"], remove=["s3: q"]).network
    assert gone.run(["s3", "q"]) == []
    assert ps.edit(gone, set=["s3: q=p40"]).network.run(["s3", "q"]) == ["q=p40"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"set": ["s3 r=o1"]}, "must be SUBJECT: RELATION=OBJECT"),
        ({"set": ["t3: r=o1"]}, "no subject is named 't3'"),
        ({"set": ["s3: r=o999"]}, "no fact of the table has 'r=o999'"),
        ({"remove": ["s3: t"]}, "no relation is named 't'"),
        ({"set": ["s3: r=o1"], "remove": ["s3: r"]}, "s3: r is edited twice"),
        ({}, "nothing is asked for"),
        ({"set": "s3: r=o1"}, "must be a list of facts"),
    ],
)
def test_bad_edits_are_one_line(options: dict, message: str) -> None:
    with pytest.raises(ps.PolysemeError, match=message):
        ps.edit(NETWORKS["pooled"], **options)


def test_other_networks_are_refused() -> None:
    with pytest.raises(ps.OptionError, match="no table of facts"):
        ps.edit(ps.compile(ps.read("y = a & b & c")), set=["a: b=c"])
    with pytest.raises(ps.OptionError, match="one hidden layer with an answer key"):
        ps.edit(ps.compile(ps.problems.layered(12, 2, 2), active=2), set=["a: b=c"])
