"""The torch file: what docs/torch.md says of it, and its program, which needs torch alone."""

from __future__ import annotations

import contextlib
import io
import re
import sys

import numpy as np
import pytest
import torch

import polyseme as ps
from polyseme.networks.exporting.torch_modules import Residual
from support.places import ROOT
from support.small_networks import KINDS, draw_bits, network_of

PAGE = (ROOT / "docs" / "torch.md").read_text(encoding="utf-8")


def run_program(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the program of the page prints; in this process, as importing torch takes seconds."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert set(re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE)) == {"sys", "torch"}
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(program, {})
    return said.getvalue().splitlines()


@pytest.mark.filterwarnings("ignore:.* on, more than the")
@pytest.mark.parametrize("kind", KINDS)
def test_the_program_of_the_page_runs_the_file(kind, tmp_path, monkeypatch):
    network = network_of(kind)
    network.to_torch(tmp_path / "net.pt")
    features, found = network.encoder.features, 0
    for row in draw_bits(network, 6):
        on = [features[int(place)] for place in np.flatnonzero(row)]
        said = run_program([str(tmp_path / "net.pt"), *on], monkeypatch)
        assert said == network.run(on)
        found += len(said)
    assert found


@pytest.mark.parametrize("kind", KINDS)
def test_the_architecture_names_the_modules_there_are(kind, tmp_path):
    module = network_of(kind).to_torch(tmp_path / "net.pt")
    saved = torch.load(tmp_path / "net.pt", weights_only=True)
    listed = [part for one in saved["architecture"] for part in one.get("parts", [one])]
    computing = [
        name
        for name, inner in module.named_modules()
        if not list(inner.children()) and name not in module.sites
    ]
    assert [part["name"] for part in listed] == computing
    residuals = [one["name"] for one in saved["architecture"] if "parts" in one]
    assert residuals == [
        name for name, inner in module.named_modules() if isinstance(inner, Residual)
    ]
    assert saved["state_dict"].keys() == module.state_dict().keys()


def test_the_page_lists_every_key_and_every_kind(tmp_path):
    listed, keys = set(re.findall(r"`(\w+)`", PAGE)), set()
    for kind in KINDS:
        network_of(kind).to_torch(tmp_path / "net.pt")
        saved = torch.load(tmp_path / "net.pt", weights_only=True)
        keys |= saved.keys()
        modules = [part for one in saved["architecture"] for part in [one, *one.get("parts", [])]]
        keys |= {word for one in modules for word in one} | {one["kind"] for one in modules}
    assert keys <= listed
    assert {"relu", "clip", "square", "residual"} <= keys


def test_the_same_network_gives_the_same_file(tmp_path):
    for name in ("one.pt", "two.pt"):
        ps.compile(ps.read("and2:features=40,gates=40"), neurons=40).to_torch(tmp_path / name)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()
