"""`polyseme edit`: the pair that it writes, and what it says of other facts."""

from __future__ import annotations

from pathlib import Path

import polyseme as ps
from support.cli import assert_refused, call, done


def test_a_fact_is_set_and_the_pair_is_written(tmp_path: Path) -> None:
    network, target = tmp_path / "net.safetensors", tmp_path / "edited.safetensors"
    ps.compile(ps.read("example:capitals"), active=2, construction="monosemantic").save(
        network, key=True
    )
    edit = ("edit", network, "--set", "France: capital=Rome", "-o", target)
    fields = done(*edit, "--json").json()
    assert fields["changed"] == ["France: capital=Rome"]
    assert (fields["failed"], fields["disturbed"]) == ([], [])
    assert fields["facts_checked"] > 300
    assert ps.load(target).run(["France", "capital"]) == ["capital=Rome"]
    assert ps.load(target).key is not None
    assert "1 facts changed" in done(*edit).stdout


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    network, target = tmp_path / "net.safetensors", tmp_path / "edited.safetensors"
    compiled = ps.compile(ps.read("example:capitals"), active=2, construction="monosemantic")
    compiled.save(network)
    edit = ("edit", network, "--set", "Frnce: capital=Rome", "-o", target)
    assert_refused(call(*edit), "no answer key net.key.safetensors")
    compiled.save(network, key=True)
    assert_refused(call(*edit), "did you mean 'France'?")
    assert not target.exists()
