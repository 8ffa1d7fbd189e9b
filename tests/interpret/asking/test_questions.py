"""Questions to networks by name, against keys, weights and networks run."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps

NETWORK = ps.compile(ps.problems.pairwise_and(300, 300), construction="least-noise", neurons=280)
DEEP = ps.compile(ps.problems.layered(60, 3, 2), active=2, construction="deep", neurons=160)
BARE = replace(NETWORK, key=None)


def units(network: ps.Network, name: str) -> list[int]:
    return [row["unit"] for row in ps.rows_of(ps.units_of(network, name))]


def test_units_of_a_gate_are_those_of_the_key_and_of_the_readout() -> None:
    rows = ps.rows_of(ps.units_of(NETWORK, "g25"))
    assert [row["unit"] for row in rows] == NETWORK.key.neurons_of("g25").tolist()
    assert all(row["weight"] for row in rows)
    assert rows[0]["serves"] == len(NETWORK.key.columns_of(rows[0]["unit"]))
    assert units(BARE, "g25") == units(NETWORK, "g25")
    assert ps.rows_of(ps.units_of(BARE, "g25"))[0]["serves"] is None


def test_a_unit_reads_its_own_features_and_names_their_gates() -> None:
    rows = ps.rows_of(ps.about_unit(NETWORK, 7))
    own = [row for row in rows if row["own"]]
    terms = ps.served_by(NETWORK, 7)
    assert own
    for row in own:
        assert row["gates"].split("; ") == [t for t in terms if row["reads"] in t.split(" ")]
        assert row["strength"] > 0.7
    bare = ps.rows_of(ps.about_unit(BARE, 7))
    assert {row["reads"] for row in bare[: len(own)]} == {row["reads"] for row in own}
    assert bare[0]["own"] is None


def test_strength_is_what_a_feature_alone_adds_to_the_sum() -> None:
    rows = ps.rows_of(ps.about_unit(NETWORK, 7, most=300))
    sums = NETWORK.activations([[], *[[row["reads"]] for row in rows]])["layers.0.hook_pre"][:, 7]
    moved = sums[1:] - sums[0]
    assert np.allclose(moved / np.abs(moved).max(), [row["strength"] for row in rows], atol=1e-5)


def test_a_feature_has_its_code_and_its_readers() -> None:
    rows = ps.rows_of(ps.about_feature(NETWORK, "x3"))
    code = [row for row in rows if row["place"] == "dimension"]
    on = NETWORK.activations(["x3"])["hook_embed"][0]
    assert {row["number"]: row["strength"] for row in code} == {
        int(place): float(on[place]) for place in np.flatnonzero(on)
    }
    readers = {row["number"] for row in rows if row["place"] == "unit"}
    assert set(NETWORK.key.neurons_of("x3").tolist()) <= readers


def test_interference_is_that_of_the_codes() -> None:
    found = ps.interference(NETWORK, "x3", "x17")
    one, other = (NETWORK.activations([name])["hook_embed"][0] for name in ("x3", "x17"))
    assert found["cosine"] == pytest.approx(one @ other / (one @ one))
    assert found == ps.interference(BARE, "x3", "x17")
    with pytest.raises(ps.OptionError, match="name two features"):
        ps.interference(NETWORK, "x3", "x3")


def test_effective_features_count_equal_reads() -> None:
    exact = ps.compile(ps.read("y = a & b & c; z = d & a"), construction="monosemantic")
    assert sorted(ps.effective_features(exact).tolist()) == [2, 3]
    assert ps.effective_features(DEEP, 1).shape == (DEEP.layers[1].units,)


def test_the_strangest_company_shares_no_feature() -> None:
    one, other = ps.strangest_company(NETWORK, 7)
    assert {one, other} <= set(ps.served_by(NETWORK, 7))
    assert not set(one.split(" ")) & set(other.split(" ")) - {"&", "->"}
    exact = ps.compile(ps.read("y = a & b"), construction="monosemantic")
    assert ps.strangest_company(exact, 0) is None


def test_deeper_layers_are_asked_with_the_key_and_refused_without() -> None:
    rows = ps.rows_of(ps.about_unit(DEEP, 3, layer=1))
    assert any(row["own"] for row in rows)
    with pytest.raises(ps.OptionError, match="only an answer key names"):
        ps.about_unit(replace(DEEP, key=None), 3, layer=1)
    with pytest.raises(ps.OptionError, match="no answer key"):
        ps.strangest_company(BARE, 3)


def test_unknown_names_are_one_line() -> None:
    with pytest.raises(ps.SourceError, match="no feature is named 'x999'"):
        ps.about_feature(NETWORK, "x999")
    with pytest.raises(ps.SourceError, match="x999"):
        ps.units_of(NETWORK, "x999")
    with pytest.raises(ps.OptionError, match="unit is 9999"):
        ps.about_unit(NETWORK, 9999)


def test_tables_are_dictionaries_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    framed = ps.rows_of(ps.units_of(NETWORK, "g25"))
    monkeypatch.setitem(sys.modules, "pandas", None)
    plain = ps.units_of(NETWORK, "g25")
    assert isinstance(plain, dict)
    assert ps.rows_of(plain) == framed


@pytest.mark.slow
def test_pictures_are_drawn(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    for draw, asked in ((ps.draw_gate, "g25"), (ps.draw_neuron, 7)):
        target = tmp_path / f"{asked}.png"
        draw(NETWORK, asked, target)
        assert target.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ps.OptionError, match="the answer key says"):
        ps.draw_gate(BARE, "g25", tmp_path / "bare.png")
