"""The card of a network: short, true, harmless, and in every file that is saved."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

import polyseme as ps
from polyseme.networks.saving import files
from polyseme.networks.saving.container import pack
from support.small_networks import network_of

MOST_BYTES = 1500


def metadata_of(path):
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["polyseme"])


@pytest.mark.parametrize("kind", ["pairwise", "deep", "stream", "mixed"])
def test_every_saved_file_holds_it(kind, tmp_path):
    network = network_of(kind)
    network.save(tmp_path / "net.safetensors", key=network.key is not None)
    page = metadata_of(tmp_path / "net.safetensors")["card"]
    assert page == network.card() == ps.load(tmp_path / "net.safetensors").card()
    assert len(page.encode()) < MOST_BYTES


def test_it_says_what_the_network_is():
    network = network_of("pairwise")
    page = network.card()
    for told in (
        "# and2:features=400",
        f"{network.neurons_total:,} ReLUs in 1 layer",
        f"{network.parameters:,} parameters",
        "400 features are on, x0 to x399",
        "at most 3 features on",
        "not in this file",
        "Licence",
    ):
        assert told in page
    assert "in its widest layer" not in page
    assert "in its widest layer" in network_of("deep").card()


def test_its_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = network_of("pairwise")
    network.save("net.safetensors")
    (block,) = re.findall(r"```python\n(.*?)```", network.card(), re.DOTALL)
    exec(block, {})


ONE_AND = ps.compile(ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2]), active=2)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text("a`*\\_|#<é漢\u200d ", min_size=1, max_size=1000), min_size=2, max_size=2))
def test_no_name_makes_it_long_or_opens_something(texts):
    names = [f"n{text}n{number}" for number, text in enumerate(texts)]
    try:
        features, outputs = ps.Names(names), ps.Names(names[:1])
    except ps.PolysemeError:
        return
    network = replace(
        ONE_AND,
        encoder=replace(ONE_AND.encoder, features=features),
        readout=replace(ONE_AND.readout, outputs=outputs),
    )
    names = list(features)
    made = replace(network.provenance, source=names[0], note=names[1])
    page = replace(network, provenance=made).card()
    assert len(page.encode()) < 2 * MOST_BYTES
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (call,) = re.findall(r"network\.run\((.*)\)", block)
    given = eval(call, {"network": network})
    assert given == names[: len(given)]
    prose = page.replace(block, "").replace("```", "")
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_|<]", prose)


def test_files_without_one_load(tmp_path, monkeypatch):
    def pack_without(kind, tensors, metadata, *rest, **more):
        return pack(
            kind, tensors, {k: v for k, v in metadata.items() if k != "card"}, *rest, **more
        )

    network = network_of("pairwise")
    monkeypatch.setattr(files, "pack", pack_without)
    network.save(tmp_path / "old.safetensors")
    assert "card" not in metadata_of(tmp_path / "old.safetensors")
    assert ps.load(tmp_path / "old.safetensors").card() == network.card()
