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
from polyseme.bounds.gate_queries import find_gates
from polyseme.bounds.groups import distinct_rows
from polyseme.bounds.network_message import Agreed, Message, read_message, write_message
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import terms_of
from polyseme.compiler.compile import compile
from polyseme.errors import CompileError
from polyseme.networks.network import Network

ERROR = 1e-3
MAX_ATTEMPTS = 12
_GROWTH = 1.05

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
    wrong inputs that the first of `tried` was sized for, None where its neurons were given; the
    last of `tried` is the network in the message. `wrong` counts the outputs whose gate was not
    found or is another; `queries` the inputs the receiver tried. `encoder` and `readout` say
    whether the seed gave them ("drawn" or "basis") or the message did ("written").
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
    a twentieth, at most `MAX_ATTEMPTS` times in all. Raises CompileError for a circuit that is
    neither a permutation (each output a feature of its own) nor distinct ANDs of two features, one
    an output, and for a promise that is too small.
    """
    gates = gate_list(circuit)
    outputs, inputs = gates.shape
    if active is None:
        active = inputs
    if active < inputs:
        raise CompileError(f"active is {active}; gates of {inputs} inputs need at least {inputs}")
    agreed = Agreed(seed, len(circuit.features), outputs, inputs)
    trial = _Trial(circuit, gates, agreed, active, note or (lambda line: None))
    trial.run(neurons)
    while neurons is None and trial.may_grow:
        trial.run(int(trial.network.neurons * _GROWTH) + 1)
    bound = counting_bits(circuit)
    ordered = bound.bits + (log2_factorial(outputs) if inputs > 1 else 0.0)
    return CountingRun(
        source=circuit.name,
        **asdict(agreed),
        active=active,
        error=ERROR if neurons is None else None,
        tried=tuple(trial.tried),
        neurons=trial.network.neurons,
        dimensions=trial.network.encoder.dimensions,
        encoder=trial.message.encoder.name.lower(),
        readout="drawn" if trial.message.readout_drawn else "written",
        parts=trial.message.parts,
        weight_bits=trial.network.weight_bits(),
        family=bound.family,
        bits_bound=bound.bits,
        bits_ordered=ordered,
        queries=trial.queries,
        wrong=trial.wrong,
        seconds=trial.seconds,
    )


class _Trial:
    """Round trips of one circuit, the latest of which is kept; seconds are of all of them."""

    network: Network
    message: Message
    queries: int

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
        self.tried: list[Attempt] = []
        self.seconds = dict.fromkeys(("compile", "write", "read", "query"), 0.0)

    @property
    def wrong(self) -> int:
        return self.tried[-1].wrong

    @property
    def may_grow(self) -> bool:
        alone = self.network.provenance.construction == "monosemantic"
        return self.wrong > 0 and not alone and len(self.tried) < MAX_ATTEMPTS

    def run(self, neurons: int | None) -> None:
        with self._timed("compile"):
            self.network = compile(
                self._circuit,
                active=self._active,
                error=ERROR,
                neurons=neurons,
                seed=self._agreed.seed,
                note=self._note,
            )
        with self._timed("write"):
            self.message = write_message(self.network, self._agreed)
        self._note(f"{self.network.neurons:,} neurons: {len(self.message.content):,} bytes")
        with self._timed("read"):
            received = read_message(self.message.content, self._agreed)
        with self._timed("query"):
            found, self.queries = find_gates(received, self._agreed.inputs, self._note)
        wrong = int((found != self._gates).any(axis=1).sum())
        self.tried.append(Attempt(self.network.neurons, wrong))
        self._note(f"{self.network.neurons:,} neurons: {wrong} outputs came back wrong")

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[step] += time.perf_counter() - begun


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
