"""Damaged, edited, swapped and old files: refused in one line that says which is false."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from polyseme.common.files.pairs import waiting_for
from polyseme.errors import FileFormatError, OptionError, PolysemeWarning
from polyseme.networks.saving.files import key_path, load, load_key
from support.places import ROOT
from support.saved_files import metadata_of, packed, parts_of, sealed, tensors_of
from support.small_networks import network_of

OLD = ROOT / "tests" / "support" / "format4"
DAMAGED = r"its content does not match its digest \(damaged or edited\); open it with --unsigned"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    network_of("pairwise").save(path, key=True)
    return path


def edited(path: Path, name: str, *, seal: bool = False) -> None:
    """Add 1 to the first number of a tensor, as a file that is damaged or signed anew."""
    header, body = parts_of(path.read_bytes())
    tensors = tensors_of(header, body)
    tensors[name].reshape(-1)[0] += 1
    content = packed(tensors, json.dumps(metadata_of(header)))
    path.write_bytes(sealed(content) if seal else content)


def digest_in(path: Path, entry: str = "digest") -> str:
    return metadata_of(parts_of(path.read_bytes())[0])[entry]


def test_the_two_of_a_pair_name_each_other(net):
    assert digest_in(key_path(net), "network") == digest_in(net)
    assert load(net).key is not None
    network_of("pairwise").key.save(net.with_name("alone"))
    assert digest_in(net.with_name("alone"), "network") == ""
    assert load(net, net.with_name("alone")).key is not None


@pytest.mark.parametrize("name", ["layers.0.bias", "readout.thresholds", "readout.weights"])
def test_a_number_that_changed_in_a_network_is_refused_and_opened_only_unsigned(name, net):
    edited(net, name)
    with pytest.raises(FileFormatError, match=rf"net\.safetensors: {DAMAGED}"):
        load(net)
    with pytest.warns(PolysemeWarning, match="net.safetensors: opened unsigned: its content"):
        assert load(net, key=False, unsigned=True).neurons > 0


def test_every_byte_of_the_data_is_covered(net):
    whole = net.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    for place in np.random.default_rng(0).integers(begin, len(whole), 60):
        net.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(FileFormatError, match=DAMAGED):
            load(net, key=False)


def test_a_number_that_changed_in_a_key_is_told_of_the_key(net):
    edited(key_path(net), "circuit.fan_in")
    with pytest.raises(FileFormatError, match=rf"net\.key\.safetensors: {DAMAGED}"):
        load(net)
    with pytest.raises(FileFormatError, match=DAMAGED):
        load_key(key_path(net))


def test_a_new_key_beside_an_old_network_is_told_in_one_line(net):
    before = net.read_bytes()
    network_of("permutation").save(net, key=True)
    after = net.read_bytes()
    net.write_bytes(before)
    with pytest.raises(
        FileFormatError, match=r"key\.safetensors: is not .* but of another network"
    ):
        load(net)
    net.write_bytes(after)
    assert load(net).key is not None


def test_a_key_that_still_waits_is_the_networks(net):
    key, old = key_path(net), key_path(net).read_bytes()
    network_of("permutation").save(net, key=True)
    waiting = waiting_for(key, digest_in(net))
    key.rename(waiting)
    key.write_bytes(old)
    # As a kill before the last rename leaves them: the network is new, and so is its key.
    assert load(net).key.circuit.name == network_of("permutation").key.circuit.name
    key.unlink()
    assert load(net).key is not None
    network_of("pairwise").save(net, key=True)
    assert sorted(os.listdir(net.parent)) == ["net.key.safetensors", "net.safetensors"]  # noqa: PTH208


def test_a_network_without_a_key_has_none_to_save(tmp_path):
    with pytest.raises(OptionError, match="the network has no answer key to save"):
        network_of("deep").save(tmp_path / "net", key=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ands", "deep"])
def test_files_of_the_version_before_open_unsigned_and_one_line_converts_them(name, tmp_path):
    old, new = OLD / f"{name}.safetensors", tmp_path / "new.safetensors"
    with pytest.raises(FileFormatError, match=r"is of version 4, without a digest .* gives it one"):
        load(old)
    with pytest.raises(FileFormatError, match="is of version 5, without a digest"):
        load_key(key_path(old))
    with pytest.warns(PolysemeWarning, match="opened unsigned: is of version"):
        ps.load(old, unsigned=True).save(new, key=True)
    found = load(new)
    assert found.key is not None
    every = (
        np.indices((2,) * len(found.encoder.features)).reshape(len(found.encoder.features), -1).T
    )
    truth = found.key.labels(every.astype(bool), "hook_readout").toarray()
    keeping = every.sum(axis=1) <= found.provenance.active
    assert np.array_equal(found.run(every.astype(bool)[keeping]), truth[keeping])


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, 7, None])
def test_what_is_no_digest_is_refused_unsigned_too(digest, net):
    header, body = parts_of(net.read_bytes())
    metadata = json.dumps(metadata_of(header) | {"digest": digest})
    net.write_bytes(packed(tensors_of(header, body), metadata))
    for unsigned in (False, True):
        with pytest.raises(FileFormatError, match="metadata 'digest' must be a digest"):
            load(net, unsigned=unsigned)
