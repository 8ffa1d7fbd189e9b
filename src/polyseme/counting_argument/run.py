"""Run the counting argument: write a gate list as a network's bytes and read it back from them.

A network that computes an unknown one of K functions tells which one it is, so a file of the
network takes at least log2 K bits. Here the argument is carried out. A circuit is compiled. The
network is written as a message of entropy-coded numbers (`message.py` says what is in the message
and what both sides know). From the message alone the receiver makes the network again and finds the
gates by running it (`queries.py`). The receiver never looks at the hidden weights or the answer
key; it may use the codes of inputs and outputs. The gate list found must be the circuit's, output
by output.

Bound. The bound is `counting_bits` of the circuit; for sets of gates it leaves the order of the
outputs uncounted. The network tells the order too, so the bits of the ordered list, log2(outputs!)
more, are given beside the bound.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.described import problem_seed
from polyseme.circuits.terms import terms_of
from polyseme.common.arguments import function, instance, whole_number
from polyseme.common.progress import Note, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.counting_argument.drawn_codes import Agreed
from polyseme.counting_argument.round_trips import ERROR, Attempt, RoundTrips, smallest
from polyseme.errors import OptionError, SourceError
from polyseme.limits.combinatorics import log2_factorial
from polyseme.limits.counting import counting_bits
from polyseme.limits.groups import distinct_rows


@dataclass(frozen=True)
class CountingRun:
    """The measurements of one run of the counting argument.

    `parts` are the bytes of each part of the message; `bits_bound` is the counting bound of
    `family`, and `bits_ordered` the bound for the same gates in the order of their outputs. `error`
    is the share of wrong inputs that the first of `tried` was sized for, None if its neurons were
    given. `neurons` are those of the network in the message: the smallest of `tried` that brought
    all gates back, or else the last. `wrong` is the number of outputs whose gate was not found or
    is another; `queries` is the number of inputs that the receiver tried. `encoder` and `readout`
    say whether the seed gave the code ("basis", "blocks" or "words": `drawn_codes.py`) or the
    message did ("written").
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
        """Length of the message."""
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
        """True if the gate list came back as it was."""
        return self.wrong == 0

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain values; a ratio is None if its bound is 0."""
        message = self.bytes_message
        return {
            **asdict(self),
            "problem_seed": problem_seed(self.source),
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
    progress: Watcher = None,
) -> CountingRun:
    """Compile a circuit, write the network as a message, read it, and find the gates by queries.

    With `neurons` there is one attempt, at that size. Without, the first network is the smallest
    found to err on a share of at most `ERROR` of inputs that satisfy a gate. That says little of
    the m(m-1)/2 pairs that satisfy none, some of which may look like a gate; so while gates come
    back wrong, the network grows by a tenth, and the last step is then halved until it is a
    hundredth; `MAX_ATTEMPTS` in all. A network whose gates come back may still be wrong on other
    pairs.

    Args:
        circuit: A permutation (each output a feature of its own), or distinct ANDs of two features,
            one per output.
        active: The promise that the network is compiled for: at least, and by default, as many
            features as a gate reads, which is all that the receiver ever switches on.
        seed: The random seed, which both sides know.
        neurons: The most ReLUs there may be; None finds few that bring all gates back.
        note: Called with a line on each step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The bytes of the message, the counting bound beside them, and the outputs that came back
        wrong.

    Raises:
        SourceError: The circuit is of another kind.
        OptionError: The promise is too small, or the compiler makes a network that has no message
            (`message.py`).

    Example:
        >>> import polyseme as ps
        >>> ps.run_counting_argument(ps.problems.permutation(features=100)).exact
        True
    """
    instance("circuit", circuit, Circuit, "a circuit")
    function("note", note, "text")
    gates = gate_list(circuit)
    outputs, inputs = gates.shape
    active = inputs if active is None else whole_number("active", active)
    if active < inputs:
        raise OptionError(f"active is {active}; gates of {inputs} inputs need at least {inputs}")
    agreed = Agreed(seed, len(circuit.features), outputs, inputs)
    trips = RoundTrips(circuit, gates, agreed, active, note or silent)
    with watched(progress):
        trip = smallest(trips) if neurons is None else trips.run(neurons)
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


def gate_list(circuit: Circuit) -> NDArray[np.int32]:
    """Return the features that each output reads, in rising order, int32 (outputs, 1 or 2).

    Raises SourceError for a circuit that is no permutation and no distinct pairwise ANDs.
    """
    terms = terms_of(circuit)
    one_each = len(terms) == terms.outputs == len(np.unique(terms.output))
    plain = bool((terms.signs > 0).all()) and not circuit.inverted.any()
    alike = len(terms) > 0 and len(np.unique(terms.widths)) == 1 and terms.widths[0] in (1, 2)
    if one_each and plain and alike:
        gates = np.sort(terms.literals.reshape(terms.outputs, -1), axis=1)
        if distinct_rows(gates.astype(np.int64)) == len(gates):
            return gates
    raise SourceError(
        f"{circuit.name}: the counting argument is run for permutations and for distinct ANDs of "
        "two features, one per output"
    )
