"""The counting argument, run: a gate list goes into a network's bytes and is read back from them.

A network that computes an unknown one of K functions tells which one it is, so what is stored of it
takes at least log2 K bits. Here that is done: a circuit is compiled; the network is written as a
message of entropy-coded numbers (`network_message.py` says what is in it and what both sides know);
and from the message alone the receiver makes the network again and finds the gates by running it
(`gate_queries.py`), never by looking at its weights or the answer key. The gate list found must be
the circuit's, output by output.

Bound. `counting_bits` of the circuit; sets of gates leave the order of the outputs uncounted. The
network tells that too, so the bits of the ordered list, log2(outputs!) more, are given beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.bounds.combinatorics import log2_factorial
from polyseme.bounds.counting import counting_bits
from polyseme.bounds.drawn_codes import Agreed
from polyseme.bounds.gate_queries import find_gates
from polyseme.bounds.groups import distinct_rows
from polyseme.bounds.network_message import Message, has_message, read_message, write_message
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import terms_of
from polyseme.compiler.compile import compile
from polyseme.errors import CompileError
from polyseme.networks.network import Network

ERROR = 1e-3
MAX_ATTEMPTS = 12
_GROWTH = 1.1
_PRECISION = 0.01

Note = Callable[[str], None]


@dataclass(frozen=True)
class Attempt:
    """A network that was tried: its neurons, and how many outputs came back with a wrong gate."""

    neurons: int
    wrong: int


@dataclass(frozen=True)
class CountingRun:
    """What a run of the counting argument measured.

    `parts` are bytes of the message; `bits_bound` is the counting bound of `family`, and
    `bits_ordered` that of the same gates in the order of their outputs. `error` is the share of
    wrong inputs that the first of `tried` was sized for, None where its neurons were given;
    `neurons` are those of the network in the message, the smallest of `tried` that brought all
    gates back, or else the last. `wrong` counts the outputs whose gate was not found or is another;
    `queries` the inputs the receiver tried. `encoder` and `readout` say whether the seed gave them
    ("basis", "blocks" or "words": `drawn_codes.py`) or the message did ("written").
    """

    source: str
    seed: int
    features: int
    outputs: int
    inputs: int
    active: int
    error: float | None
    tried: tuple[Attempt, ...]
    neurons: int
    dimensions: int
    encoder: str
    readout: str
    parts: dict[str, int]
    weight_bits: float
    family: str
    bits_bound: float
    bits_ordered: float
    queries: int
    wrong: int
    seconds: dict[str, float] = field(compare=False)

    @property
    def bytes_message(self) -> int:
        """The length of the message."""
        return sum(self.parts.values())

    @property
    def bytes_bound(self) -> float:
        """Bytes that tell the computation from all others of its family."""
        return self.bits_bound / 8

    @property
    def bytes_ordered(self) -> float:
        """Bytes that tell the order of the outputs as well."""
        return self.bits_ordered / 8

    @property
    def exact(self) -> bool:
        """Whether the gate list came back as it was."""
        return self.wrong == 0

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain values; ratios are None where there is nothing to tell."""
        message = self.bytes_message
        return {
            **asdict(self),
            "bytes_message": message,
            "bytes_bound": self.bytes_bound,
            "bytes_ordered": self.bytes_ordered,
            "ratio": message / self.bytes_bound if self.bits_bound else None,
            "ratio_ordered": message / self.bytes_ordered if self.bits_ordered else None,
            "exact": self.exact,
        }


def run_counting_argument(
    circuit: Circuit,
    *,
    active: int | None = None,
    seed: int = 0,
    neurons: int | None = None,
    note: Note | None = None,
) -> CountingRun:
    """Compile a circuit, write the network as a message, read it, and find the gates by queries.

    `active` is the promise the network is compiled for: at least, and by default, as many features
    as a gate reads, which is all the receiver ever switches on. With `neurons` there is one
    attempt, at that size. Without, the first network is the smallest found to err on a share of at
    most `ERROR` of inputs that satisfy a gate. That says little of the m(m-1)/2 pairs that satisfy
    none, some of which may look like a gate; so while gates come back wrong, the network grows by
    a tenth, and the last step is then halved until it is a hundredth; `MAX_ATTEMPTS` in all. A
    network whose gates come back may still be wrong on other pairs. Raises CompileError for a
    circuit that is neither a permutation (each output a feature of its own) nor distinct ANDs of
    two features, one an output, for a promise that is too small, and where the compiler makes a
    network that has no message (`network_message.py`).
    """
    gates = gate_list(circuit)
    outputs, inputs = gates.shape
    if active is None:
        active = inputs
    if active < inputs:
        raise CompileError(f"active is {active}; gates of {inputs} inputs need at least {inputs}")
    agreed = Agreed(seed, len(circuit.features), outputs, inputs)
    trips = _Trips(circuit, gates, agreed, active, note or (lambda line: None))
    trip = _smallest(trips) if neurons is None else trips.run(neurons)
    bound = counting_bits(circuit)
    ordered = bound.bits + (log2_factorial(outputs) if inputs > 1 else 0.0)
    return CountingRun(
        source=circuit.name,
        **asdict(agreed),
        active=active,
        error=ERROR if neurons is None else None,
        tried=trips.tried,
        neurons=trip.network.neurons,
        dimensions=trip.network.encoder.dimensions,
        encoder=trip.message.encoder.name.lower(),
        readout=trip.message.readout.name.lower(),
        parts=trip.message.parts,
        weight_bits=trip.network.weight_bits(),
        family=bound.family,
        bits_bound=bound.bits,
        bits_ordered=ordered,
        queries=trip.queries,
        wrong=trip.wrong,
        seconds=trips.seconds,
    )


@dataclass(frozen=True)
class _Trip:
    """One round trip: the network, its message, the inputs tried, the outputs found wrong."""

    network: Network
    message: Message
    queries: int
    wrong: int


class _Trips:
    """Round trips of one circuit, and the seconds that all of them took."""

    def __init__(
        self,
        circuit: Circuit,
        gates: NDArray[np.int32],
        agreed: Agreed,
        active: int,
        note: Note,
    ):
        self._circuit, self._gates = circuit, gates
        self._agreed, self._active, self._note = agreed, active, note
        self._runs = 0
        self._trips: dict[int, _Trip] = {}
        self.seconds = dict.fromkeys(("compile", "write", "read", "query"), 0.0)

    @property
    def tried(self) -> tuple[Attempt, ...]:
        """The networks tried, in that order."""
        return tuple(Attempt(neurons, trip.wrong) for neurons, trip in self._trips.items())

    @property
    def may_go_on(self) -> bool:
        """Whether there is an attempt left."""
        return self._runs < MAX_ATTEMPTS

    def run(self, neurons: int | None) -> _Trip:
        """A round trip with at most so many neurons; one made before where as many are used."""
        self._runs += 1
        with self._timed("compile"):
            network = compile(
                self._circuit,
                active=self._active,
                error=ERROR,
                neurons=neurons,
                seed=self._agreed.seed,
                note=self._note,
            )
        if network.neurons in self._trips:
            return self._trips[network.neurons]
        if not has_message(network):
            raise CompileError(
                f"{self._circuit.name}: the counting argument is run for one hidden layer of ReLUs "
                f"stored in full, and {network.provenance.construction} made another network"
            )
        with self._timed("write"):
            message = write_message(network, self._agreed)
        self._note(f"{network.neurons:,} neurons: {len(message.content):,} bytes")
        with self._timed("read"):
            received = read_message(message.content, self._agreed)
        with self._timed("query"):
            found, queries = find_gates(received, self._agreed.inputs, self._note)
        wrong = int((found != self._gates).any(axis=1).sum())
        self._note(f"{network.neurons:,} neurons: {wrong} outputs came back wrong")
        return self._trips.setdefault(network.neurons, _Trip(network, message, queries, wrong))

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[step] += time.perf_counter() - begun


def _smallest(trips: _Trips) -> _Trip:
    """The smallest network tried that brings the gates back; the last one where none does."""
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
    """Whether it has a neuron for every gate; the compiler makes none with more."""
    return network.provenance.construction == "monosemantic"


def gate_list(circuit: Circuit) -> NDArray[np.int32]:
    """The features each output reads, in rising order, int32 (outputs, 1 or 2).

    Raises CompileError for a circuit that is no permutation and no distinct pairwise ANDs.
    """
    terms = terms_of(circuit)
    one_each = len(terms) == terms.outputs == len(np.unique(terms.output))
    plain = bool((terms.signs > 0).all()) and not circuit.inverted.any()
    alike = len(terms) > 0 and len(np.unique(terms.widths)) == 1 and terms.widths[0] in (1, 2)
    if one_each and plain and alike:
        gates = np.sort(terms.literals.reshape(terms.outputs, -1), axis=1)
        if distinct_rows(gates.astype(np.int64)) == len(gates):
            return gates
    raise CompileError(
        f"{circuit.name}: the counting argument is run for permutations and for distinct ANDs of "
        "two features, one an output"
    )
