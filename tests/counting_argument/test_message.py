"""The message from which a receiver makes the same network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import problems
from polyseme.counting_argument.drawn_codes import CodeSource
from polyseme.counting_argument.entropy_coding import (
    entropy_bits,
)
from polyseme.counting_argument.message import read_message, write_message
from polyseme.counting_argument.queries import find_gates
from polyseme.errors import FileFormatError
from support.counting import Case


def test_the_receiver_makes_the_same_network(any_case: Case) -> None:
    sent = any_case.network
    message = write_message(sent, any_case.agreed)
    assert sum(message.parts.values()) == len(message.content)
    received = read_message(message.content, any_case.agreed)
    layer, made = sent.layers[0], received.layers[0]
    same = [
        (layer.weights, made.weights),
        (layer.bias, made.bias),
        ((layer.scale, layer.activation), (made.scale, made.activation)),
        (sent.encoder.dimensions, received.encoder.dimensions),
        (sent.encoder.code.positions, received.encoder.code.positions),
        (sent.encoder.code.signs, received.encoder.code.signs),
        (sent.readout.offsets, received.readout.offsets),
        (sent.readout.neurons, received.readout.neurons),
        (sent.readout.weights, received.readout.weights),
        (sent.readout.thresholds, received.readout.thresholds),
    ]
    for ours, theirs in same:
        np.testing.assert_array_equal(ours, theirs)
    assert write_message(received, any_case.agreed) == message


def test_only_what_the_seed_gives_is_left_out(
    pairs: Case, words: Case, skewed: Case, alone: Case
) -> None:
    frames, drawn, told, basis = (
        write_message(c.network, c.agreed) for c in (pairs, words, skewed, alone)
    )
    assert (frames.encoder, frames.readout) == (CodeSource.BLOCKS, CodeSource.BLOCKS)
    assert (drawn.encoder, drawn.readout) == (CodeSource.BLOCKS, CodeSource.WORDS)
    assert (told.encoder, told.readout) == (CodeSource.BLOCKS, CodeSource.WRITTEN)
    assert (basis.encoder, basis.readout) == (CodeSource.BASIS, CodeSource.WRITTEN)
    for message in (frames, drawn):
        assert (message.parts["encoder"], message.parts["readout codes"]) == (0, 0)
    assert frames.parts["readout weights"] == 0 < drawn.parts["readout weights"]
    # The compiler itself counts what the seed does not give: here nothing but one threshold.
    assert pairs.network.provenance.readout_parameters == 1
    assert words.network.provenance.readout_parameters == 1
    assert skewed.network.provenance.readout_parameters > len(skewed.network.readout.neurons)
    assert told.parts["readout codes"] * 8 > entropy_bits(skewed.network.readout.neurons)


def test_thresholds_above_rest_are_one_number(pairs: Case) -> None:
    """Biases make outputs rest at many values; all thresholds are as far above."""
    network = pairs.network
    assert len(np.unique(network.readout.thresholds)) > 5
    plain = write_message(network, pairs.agreed).parts["thresholds"]
    # How many there are, a float, a length, and the table of a constant: its count takes 2 bytes.
    assert plain == 1 + 4 + 1 + 4
    thresholds = network.readout.thresholds.copy()
    thresholds[7] += 0.5
    other = replace(network, readout=replace(network.readout, thresholds=thresholds))
    message = write_message(other, pairs.agreed)
    assert message.parts["thresholds"] > plain + 4
    received = read_message(message.content, pairs.agreed).readout.thresholds
    np.testing.assert_array_equal(received, thresholds)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_readout_with_another_sign_is_written(pairs: Case, sign: int) -> None:
    weights = pairs.network.readout.weights.copy()
    weights[17] *= sign
    other = replace(pairs.network, readout=replace(pairs.network.readout, weights=weights))
    message = write_message(other, pairs.agreed)
    assert message.readout == (CodeSource.BLOCKS if sign == 1 else CodeSource.WRITTEN)
    received = read_message(message.content, pairs.agreed).readout.weights
    np.testing.assert_array_equal(received, weights)


@pytest.mark.parametrize("kind", ["pairs", "words"])
def test_an_encoder_and_readout_that_the_seed_does_not_give_are_written(
    kind: str, request: pytest.FixtureRequest
) -> None:
    sent = request.getfixturevalue(kind)
    other = replace(sent.agreed, seed=sent.agreed.seed + 1)
    message = write_message(sent.network, other)
    assert (message.encoder, message.readout) == (CodeSource.WRITTEN, CodeSource.WRITTEN)
    received = read_message(message.content, other)
    code = sent.network.encoder.code
    np.testing.assert_array_equal(received.encoder.code.positions, code.positions)
    np.testing.assert_array_equal(received.encoder.code.signs, code.signs)
    np.testing.assert_array_equal(received.readout.neurons, sent.network.readout.neurons)
    np.testing.assert_array_equal(received.readout.weights, sent.network.readout.weights)
    assert message.parts["encoder"] * 8 > entropy_bits(code.positions) + code.signs.size * 0.99


def test_the_seed_is_needed_and_another_gives_another_network(pairs: Case) -> None:
    message = write_message(pairs.network, pairs.agreed)
    strange = read_message(message.content, replace(pairs.agreed, seed=99))
    found, _ = find_gates(strange, 2)
    assert (found != pairs.gates).any(axis=1).mean() > 0.9


def test_a_damaged_message_is_refused(any_case: Case) -> None:
    content = write_message(any_case.network, any_case.agreed).content
    generator = np.random.default_rng(0)
    for place in generator.integers(0, len(content), 60).tolist():
        broken = bytearray(content)
        broken[place] ^= int(generator.integers(1, 256))
        for damaged in (bytes(broken), content[:place], content + bytes(1 + place % 5)):
            with pytest.raises(FileFormatError, match=r"^message: [^\n]*$"):
                read_message(damaged, any_case.agreed)


@pytest.mark.parametrize("field", [{"outputs": 201}, {"outputs": 100}, {"features": 20}])
def test_a_message_for_other_sizes_is_refused(pairs: Case, field: dict[str, int]) -> None:
    content = write_message(pairs.network, pairs.agreed).content
    with pytest.raises(FileFormatError, match=r"^(message|entropy code): [^\n]*$"):
        read_message(content, replace(pairs.agreed, **field))


def test_deeper_networks_have_no_message(pairs: Case) -> None:
    deep = ps.compile(problems.layered(20, 2), active=3)
    with pytest.raises(ValueError, match="one hidden layer"):
        write_message(deep, pairs.agreed)
