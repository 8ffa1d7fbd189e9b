"""Keys that were edited and whose digest was made anew: every field of a key file, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import polyseme as ps
from fuzz.judging import behaviour
from fuzz.originals import originals
from polyseme.errors import FileFormatError, PolysemeWarning
from polyseme.networks.saving.files import key_path
from support.saved_files import (
    file_of,
    metadata_of,
    packed,
    parts_of,
    sealed,
    sealed_pair,
    tensors_of,
    with_metadata,
)

# The inputs run have more features on than promised.
pytestmark = pytest.mark.filterwarnings("ignore:.*more features on:polyseme.PolysemeWarning")

# Sealing writes `digest` again, and what else is in these says which file it is.
_OF_THE_FILE = ("digest", "format", "version", "network")


def forged(key: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name of a field of a key file, and the file with that field altered."""
    header, body = parts_of(key)
    tensors, metadata = tensors_of(header, body), metadata_of(header)
    for name, tensor in tensors.items():
        for altered in _altered(tensor):
            yield name, packed(tensors | {name: altered}, json.dumps(metadata))
    for name in metadata:
        if name not in _OF_THE_FILE:
            for altered in _other_values(metadata[name]):
                text = json.dumps(metadata | {name: altered})
                yield name, file_of(with_metadata(header, text), body)


def _altered(tensor: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a tensor with one number more or less, or all rolled."""
    size = tensor.size
    for place, change in ((0, 1), (size // 2, -1), (size - 1, 1)):
        altered = tensor.copy()
        altered.reshape(-1)[place : place + 1] += np.array(change).astype(tensor.dtype)
        yield altered
    rolled = np.roll(tensor, 1)
    if not np.array_equal(rolled, tensor):
        yield rolled


def _other_values(value: Any) -> Iterator[Any]:
    """Yield values beside a value of the metadata, each with one thing altered."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from {value + 1, value - 1, 2 * value} - {value}
    elif isinstance(value, str):
        yield from (value + "x", "")
    elif isinstance(value, dict):
        for name in value:
            yield from (value | {name: other} for other in _other_values(value[name]))
    elif isinstance(value, list):
        yield from (value[:-1], [*value, value[0]])
        for place, one in enumerate(value):
            for other in _other_values(one):
                yield [*value[:place], other, *value[place + 1 :]]


@pytest.mark.parametrize("name", originals())
def test_whatever_is_altered_in_a_key_and_sealed_is_told_of_the_key(name, tmp_path):
    pair, net = originals()[name].pair, tmp_path / "net.safetensors"
    net.write_bytes(pair.network)
    fields = set()
    for field, content in forged(pair.key):
        fields.add(field)
        altered = sealed(content)
        assert altered != content
        key_path(net).write_bytes(altered)
        with pytest.raises(FileFormatError) as caught:
            ps.load(net)
        assert str(caught.value).startswith(f"{key_path(net)}: "), field
    header, _ = parts_of(pair.key)
    assert fields == (set(header) | set(metadata_of(header))) - {"__metadata__", *_OF_THE_FILE}


def test_a_key_that_no_longer_says_whose_it_is_must_have_its_content_all_the_same(tmp_path):
    original, net = originals()["ands"], tmp_path / "net.safetensors"
    net.write_bytes(original.pair.network)
    header, body = parts_of(original.pair.key)
    text = json.dumps(metadata_of(header) | {"network": ""}, sort_keys=True)
    orphan = file_of(with_metadata(header, text), body)
    key_path(net).write_bytes(sealed(orphan))
    assert behaviour(ps.load(net)) == behaviour(original.network)
    tensors = tensors_of(header, body)
    tensors["layers.0.channels"][:] = 0
    key_path(net).write_bytes(sealed(packed(tensors, text)))
    with pytest.raises(FileFormatError, match="saved with a key of other content"):
        ps.load(net)


def test_a_key_of_other_content_is_opened_unsigned_with_a_warning(tmp_path):
    pair, net = originals()["least noise"].pair, tmp_path / "net.safetensors"
    net.write_bytes(pair.network)
    header, body = parts_of(pair.key)
    tensors = tensors_of(header, body)
    units = tensors["layers.0.units"]
    units[:2] = units[1::-1]
    key_path(net).write_bytes(sealed(packed(tensors, json.dumps(metadata_of(header)))))
    with pytest.raises(FileFormatError, match=r"other content .*; open them with --unsigned"):
        ps.load(net)
    with pytest.warns(PolysemeWarning, match="other content .*; opened unsigned"):
        assert ps.load(net, unsigned=True).key is not None


def _tensor(name: str, change: Callable[[np.ndarray], None]) -> Callable[[bytes], bytes]:
    def forge(key: bytes) -> bytes:
        header, body = parts_of(key)
        tensors = tensors_of(header, body)
        change(tensors[name])
        return packed(tensors, json.dumps(metadata_of(header)))

    return forge


def _told(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def forge(key: bytes) -> bytes:
        header, body = parts_of(key)
        metadata = metadata_of(header)
        change(metadata)
        return file_of(with_metadata(header, json.dumps(metadata)), body)

    return forge


def _rolled(numbers: np.ndarray) -> None:
    numbers[:] = np.roll(numbers, 1)


def _first_to(value: int) -> Callable[[np.ndarray], None]:
    def change(numbers: np.ndarray) -> None:
        numbers[0] = value

    return change


def _flipped(flags: np.ndarray) -> None:
    flags[:] = 1 - flags


def _doubled(metadata: dict[str, Any]) -> None:
    metadata["layers"][0]["resolution"] *= 2


def _one_more(metadata: dict[str, Any]) -> None:
    metadata["layers"][0]["resolution"] += 1


# Of a pair both of whose files were made anew: (original, the key forged, what is said of it).
CONTRADICTIONS = {
    "resolution of terms": ("ands", _told(_one_more), "layer 0 has another resolution"),
    "resolution of reads": ("least noise", _told(_one_more), "layer 0 has another resolution"),
    "resolution of wires": ("deep", _told(_doubled), "layer 0 has another resolution"),
    "resolution in superposition": ("superposed", _told(_one_more), "has another resolution"),
    "resolution, twice": ("superposed", _told(_doubled), "layer 0 has another resolution"),
    "channels": ("exact", _tensor("layers.0.channels", _first_to(0)), "its channels are not as"),
    "units": ("ands", _tensor("layers.0.units", _rolled), "not read by their units"),
    "inputs": ("ands", _tensor("circuit.fan_in", _rolled), "not read by their units"),
    "inputs, by reads": ("least noise", _tensor("circuit.fan_in", _rolled), "not read by their"),
    "units of outputs": (
        "least noise",
        _tensor("layers.0.units", _rolled),
        "not read by their units|read other units",
    ),
    "name": ("deep", _told(lambda told: told.update(name="z")), "its circuit has another name"),
    "outputs at rest": ("facts", _tensor("circuit.inverted", _first_to(1)), "nor outputs can be"),
    "outputs inverted": ("deep", _tensor("circuit.inverted", _first_to(1)), "with other signs"),
    "wires inverted": ("layers", _tensor("layers.2.inverted", _flipped), "with other signs"),
    "wires below": ("layers", _tensor("layers.1.inverted", _first_to(1)), "2 has other weights"),
    "wires at rest": ("hops", _tensor("layers.1.inverted", _first_to(1)), "its wires do not rest"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_circuit_and_weights_settle_is_checked_though_both_files_are_sealed(what, tmp_path):
    name, forge, message = CONTRADICTIONS[what]
    pair, net = originals()[name].pair, tmp_path / "net.safetensors"
    for key in (pair.key, forge(pair.key)):
        network, key = sealed_pair(pair.network, key)
        net.write_bytes(network)
        key_path(net).write_bytes(key)
        if key == pair.key:
            assert behaviour(ps.load(net)) == behaviour(originals()[name].network)
    with pytest.raises(FileFormatError, match=message) as caught:
        ps.load(net)
    assert str(caught.value).startswith(f"{key_path(net)}: ")
