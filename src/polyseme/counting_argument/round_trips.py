"""Round trips of the counting argument: network, message, the network again, its gates.

The first network is the smallest that the compiler finds. While gates come back wrong, networks
grow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import Note, phase
from polyseme.compiler.compile import compile
from polyseme.counting_argument.drawn_codes import Agreed
from polyseme.counting_argument.message import Message, has_message, read_message, write_message
from polyseme.counting_argument.queries import find_gates
from polyseme.errors import OptionError
from polyseme.networks.network import Network

ERROR = 1e-3
MAX_ATTEMPTS = 12
_GROWTH = 1.1
_PRECISION = 0.01


@dataclass(frozen=True)
class Attempt:
    """A network that was tried: its neurons, and the number of outputs with a wrong gate."""

    neurons: int
    wrong: int


@dataclass(frozen=True)
class RoundTrip:
    """One round trip: the network, its message, and the numbers of queries and of wrong outputs."""

    network: Network
    message: Message
    queries: int
    wrong: int


class RoundTrips:
    """Round trips of one circuit, and the seconds that all of them took."""

    def __init__(
        self,
        circuit: Circuit,
        gates: NDArray[np.int32],
        agreed: Agreed,
        active: int,
        note: Note,
    ):
        """Keep the arguments; `gates` is the gate list that should come back."""
        self._circuit, self._gates = circuit, gates
        self._agreed, self._active, self._note = agreed, active, note
        self._runs = 0
        self._made: dict[int, RoundTrip] = {}
        self.seconds = dict.fromkeys(("compile", "write", "read", "query"), 0.0)

    @property
    def tried(self) -> tuple[Attempt, ...]:
        """Networks tried, in the order of the attempts."""
        return tuple(Attempt(neurons, trip.wrong) for neurons, trip in self._made.items())

    @property
    def may_go_on(self) -> bool:
        """True if an attempt is left."""
        return self._runs < MAX_ATTEMPTS

    def run(self, neurons: int | None) -> RoundTrip:
        """Make a round trip with at most `neurons` neurons.

        If an earlier round trip had a network of the same size, that one is returned.
        """
        self._runs += 1
        with self._timed("compile"):
            network = compile(
                self._circuit,
                active=self._active,
                error=ERROR,
                epsilon=None,
                neurons=neurons,
                seed=self._agreed.seed,
                note=self._note,
            )
        if network.neurons in self._made:
            return self._made[network.neurons]
        if not has_message(network):
            raise OptionError(
                f"{self._circuit.name}: the counting argument is run for one hidden layer of ReLUs "
                f"stored in full, and {network.provenance.construction} made another network"
            )
        with self._timed("write"), phase("writing the message"):
            message = write_message(network, self._agreed)
        self._note(f"{network.neurons:,} neurons: {len(message.content):,} bytes")
        with self._timed("read"), phase("reading the message"):
            received = read_message(message.content, self._agreed)
        with self._timed("query"), phase("finding gates"):
            found, queries = find_gates(received, self._agreed.inputs, self._note)
        wrong = int((found != self._gates).any(axis=1).sum())
        self._note(f"{network.neurons:,} neurons: {wrong} outputs came back wrong")
        return self._made.setdefault(network.neurons, RoundTrip(network, message, queries, wrong))

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[step] += time.perf_counter() - begun


def smallest(trips: RoundTrips) -> RoundTrip:
    """Return the round trip of the smallest network that brings the gates back, or the last one."""
    trip = trips.run(None)
    few, enough = 0, trip.network.neurons
    while trip.wrong and not _is_largest(trip.network) and trips.may_go_on:
        few, enough = enough, int(enough * _GROWTH) + 1
        trip = trips.run(enough)
    while few and not trip.wrong and enough - few > _PRECISION * enough and trips.may_go_on:
        middle = (few + enough) // 2
        smaller = trips.run(middle)
        if smaller.wrong:
            few = middle
        else:
            trip, enough = smaller, smaller.network.neurons
    return trip


def _is_largest(network: Network) -> bool:
    """Return True for one neuron per gate; the compiler makes no network with more."""
    return network.provenance.construction == "monosemantic"
