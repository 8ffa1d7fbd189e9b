"""Sources: how problems are written, and one line for every bad one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, problems, read
from polyseme.errors import PolysemeError, SourceError

MANY_DIGITS = "1" + "0" * 5000

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
        ("facts:", "'': no such file"),
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
@settings(max_examples=300, deadline=None)
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
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_circuit_or_one_line(text: str) -> None:
    outcome: Circuit | str
    try:
        outcome = read(text)
    except PolysemeError as error:
        outcome = str(error)
    # An expression such as y = x has no gate.
    assert len(outcome.outputs) if isinstance(outcome, Circuit) else len(outcome.splitlines()) == 1
