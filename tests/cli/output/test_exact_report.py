"""What a deep network is compared with, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

import polyseme as ps
from polyseme.cli.output.exact_report import comparison, exact_fields, exact_sentence, in_bytes
from polyseme.compiler.schedule.exact_size import ExactSize

EXACT = ExactSize("residual", 150, 600, 1000, 2000, 20_000)


@pytest.fixture(scope="module")
def network() -> ps.Network:
    """Two hundred ReLUs in two layers, which write 50 numbers each."""
    found = ps.compile(ps.problems.layered(400, 2), neurons=100, carry="gates")
    assert (found.neurons_total, found.state) == (200, 50)
    return found


def test_savings_are_of_all_relus_of_the_widest_layer_and_of_the_state(network: ps.Network) -> None:
    assert comparison(network, EXACT, 40_000) == (
        "superposition saves 67% of all ReLUs (33% in the widest layer) and 95% of the state; it "
        f"takes {network.parameters / 2000:.1f} times the parameters, 2.0 times the bytes"
    )


def test_a_network_may_save_state_alone_or_nothing(network: ps.Network) -> None:
    fewer = replace(EXACT, neurons_total=200)
    assert comparison(network, fewer, 1).startswith(
        "superposition saves no ReLUs, but 95% of the state; it takes "
    )
    assert comparison(network, replace(fewer, state=50), 1) == "superposition saves nothing"


def test_an_exact_network_saves_nothing_even_where_it_passes_on_fewer_numbers() -> None:
    circuit = ps.problems.layered(60, 3)
    network = ps.compile(circuit, construction="monosemantic", carry="gates")
    said = comparison(network, replace(EXACT, state=10**6), 1)
    assert said == "superposition saves nothing: this network is exact"


def test_the_exact_network_is_told_with_its_way_to_carry_wires() -> None:
    assert exact_sentence(EXACT) == (
        "exact, with a residual stream: 600 ReLUs in all, at most 150 in one layer; a state of "
        "1,000 numbers; 2,000 parameters, 20 kB"
    )
    assert exact_sentence(replace(EXACT, carry="gates")).startswith(
        "exact, without a residual stream: "
    )


def test_fields_are_those_of_the_exact_network_or_of_the_provenance(network: ps.Network) -> None:
    assert exact_fields(network, EXACT) == {
        "monosemantic_neurons": 150,
        "monosemantic_neurons_total": 600,
        "monosemantic_state": 1000,
        "monosemantic_parameters": 2000,
        "monosemantic_bytes": 20_000,
        "monosemantic_carry": "residual",
    }
    unknown = exact_fields(network, None)
    assert unknown["monosemantic_neurons"] == network.provenance.monosemantic_neurons
    assert unknown["monosemantic_neurons_total"] is None
    shallow = ps.compile(ps.problems.pairwise_and(40, 30), neurons=30)
    assert exact_fields(shallow, None)["monosemantic_neurons_total"] == 30


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999 bytes"), (1023, "1.02 kB"), (30_316_926, "30.3 MB"), (2 * 10**9, "2 GB")],
)
def test_bytes_are_told_in_three_digits(number: int, text: str) -> None:
    assert in_bytes(number) == text
