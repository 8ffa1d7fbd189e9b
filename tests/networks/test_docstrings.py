"""Examples in docstrings of networks say what happens, and public methods say what they raise."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import polyseme as ps
import polyseme.networks
from polyseme.networks.activation import Clip
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(polyseme.networks.__path__, "polyseme.networks.")
    if "torch_modules" not in found.name
)
SECTIONED = (ps.AnswerKey, ps.LayerKey, ps.Network, Encoder, Readout, Layer, Clip)


@pytest.mark.parametrize("name", [*MODULES, "polyseme.verification.layers"])
def test_examples_are_true(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.failed == 0


@pytest.mark.parametrize("documented", SECTIONED)
def test_classes_say_what_they_take_and_raise(documented):
    text = inspect.getdoc(documented)
    assert "Args:\n" in text
    assert "Raises:\n" in text


def test_every_exported_function_of_networks_has_an_example():
    for function in (ps.load, ps.load_key, ps.verify_layers, ps.Network.run):
        assert "Example:\n" in inspect.getdoc(function)
