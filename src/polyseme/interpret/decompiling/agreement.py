"""Two circuits compared: the gates that both have, and whether they are equal.

Gates are compared in a form in which one way of writing a function is left of many: identities are
their inputs, an XOR is an OR of ANDs, an AND of ANDs is one AND with plain and negated literals, an
OR of ORs one OR. Gates inside these are no gates of their own. Where all outputs have the same
form, the circuits are equal on all inputs. Where they do not, the circuits are compared on inputs:
all with few features on, if there are not too many, and else a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import MAX_XOR_INPUTS
from polyseme.common.arguments import instance, whole_number
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError
from polyseme.verification.exhaustive import all_inputs, number_of_inputs
from polyseme.verification.inputs import draw_deep_inputs

# All inputs are tried up to this many; beyond it so many are sampled.
MOST_INPUTS = 1_000_000
_SAMPLES = 20_000
_AT_ONCE = 4096


@dataclass(frozen=True)
class Agreement:
    """The agreement of a circuit that was found with the true one.

    Attributes:
        gates: Number of gates of the true circuit, in the form described in the module.
        found: Number of gates of the circuit found.
        common: Number of gates that both have.
        equivalent: True if both are equal on all inputs, False if they differ on some input, None
            if no difference was found among those tried.
        tried: Number of inputs that were tried; 0 if the forms are the same.
        exhaustive: True if these were all inputs with at most so many features on.
        different: Number of those on which any output differs.
    """

    gates: int
    found: int
    common: int
    equivalent: bool | None
    tried: int = 0
    exhaustive: bool = False
    different: int = 0

    @property
    def precision(self) -> float:
        """Share of the gates found that are gates of the true circuit."""
        return self.common / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the gates of the true circuit that were found."""
        return self.common / self.gates if self.gates else 1.0


def agreement(found: Circuit, truth: Circuit, active: int = 3) -> Agreement:
    """Return how far a circuit that was found agrees with the true one.

    Args:
        found: The circuit found.
        truth: The true circuit, of the same features and outputs.
        active: Most features on in the inputs on which they are compared, if need be.

    Returns:
        The numbers of gates, and whether the circuits are equal.

    Raises:
        OptionError: An argument is of a wrong type, or they have other features or outputs.

    Example:
        >>> import polyseme as ps
        >>> one = ps.read("y = a & b & c")
        >>> gates = [(ps.GateKind.AND, (0, 1)), (ps.GateKind.AND, (3, 2))]
        >>> other = ps.build_circuit(["a", "b", "c"], gates, [4], ["y"])
        >>> ps.agreement(one, other).equivalent
        True
    """
    for name, circuit in (("found", found), ("truth", truth)):
        instance(name, circuit, Circuit, "a circuit")
    active = whole_number("active", active, 1)
    if found.features != truth.features or found.output_names != truth.output_names:
        raise OptionError(f"{truth.name} has other features or outputs than {found.name}")
    forms = _Forms()
    with phase("comparing gates"):
        ours, theirs = (forms.outputs(circuit) for circuit in (found, truth))
        of_found, of_truth = (forms.gates(outputs) for outputs in (ours, theirs))
    counts = len(of_truth), len(of_found), len(of_truth & of_found)
    flipped = (found.inverted != truth.inverted).any()
    if ours == theirs and not flipped:
        return Agreement(*counts, equivalent=True)
    pieces, tried, exhaustive = _inputs(truth, active)
    different = done = 0
    with phase("comparing outputs") as step:
        for rows in pieces:
            one, other = (evaluate_sparse(circuit, rows) for circuit in (found, truth))
            different += int((np.diff((one != other).tocsr().indptr) > 0).sum())
            done += len(rows)
            step(done, tried)
    different = tried if flipped else different
    equivalent = False if different else None
    return Agreement(*counts, equivalent, tried, exhaustive, different)


def number_of_gates(circuit: Circuit) -> int:
    """Return the number of gates of a circuit in the form in which gates are compared."""
    forms = _Forms()
    return len(forms.gates(forms.outputs(circuit)))


def common_gates(found: Circuit, truth: Circuit) -> Agreement:
    """Return how far gates agree, whatever the outputs are; nothing is said of equivalence.

    Raises OptionError if the circuits have other features.
    """
    if found.features != truth.features:
        raise OptionError(f"{truth.name} has other features than {found.name}")
    forms = _Forms()
    ours, theirs = (forms.gates(forms.outputs(circuit)) for circuit in (found, truth))
    return Agreement(len(theirs), len(ours), len(theirs & ours), None)


@dataclass(frozen=True)
class _Form:
    """A feature, an AND of the forms `on` and of the negations of `off`, an OR or XOR of `on`."""

    kind: str
    on: frozenset[int]
    off: frozenset[int] = frozenset()


class _Forms:
    """Forms of wires by number; equal forms have equal numbers."""

    def __init__(self) -> None:
        self._number: dict[_Form, int] = {}
        self._form: list[_Form] = []

    def outputs(self, circuit: Circuit) -> list[int]:
        """Return the form of every output; -1 for a constant."""
        of_wire = [
            self._of(_Form("feature", frozenset((wire,)))) for wire in range(len(circuit.features))
        ]
        offsets, fan_in = circuit.fan_in_offsets.tolist(), circuit.fan_in.tolist()
        for gate, kind in enumerate(circuit.kinds.tolist()):
            inputs = [of_wire[wire] for wire in fan_in[offsets[gate] : offsets[gate + 1]]]
            of_wire.append(self._gate(GateKind(kind), inputs))
        return [of_wire[wire] if wire >= 0 else -1 for wire in circuit.outputs.tolist()]

    def gates(self, outputs: list[int]) -> set[int]:
        """Return all forms that outputs consist of, but features."""
        waiting, seen = [form for form in outputs if form >= 0], set[int]()
        while waiting:
            number = waiting.pop()
            form = self._form[number]
            if number not in seen and form.kind != "feature":
                seen.add(number)
                waiting += [*form.on, *form.off]
        return seen

    def _of(self, form: _Form) -> int:
        number = self._number.setdefault(form, len(self._form))
        if number == len(self._form):
            self._form.append(form)
        return number

    def _gate(self, kind: GateKind, inputs: list[int]) -> int:
        if len(inputs) == 1:
            return inputs[0]
        if kind == GateKind.AND:
            return self._and(inputs, [])
        if kind == GateKind.AND_NOT:
            return self._and(inputs[:1], inputs[1:])
        if kind == GateKind.OR:
            return self._or(inputs)
        if len(inputs) > MAX_XOR_INPUTS:
            return self._of(_Form("xor", frozenset(inputs)))
        terms = [
            self._and(
                [form for form, on in zip(inputs, bits, strict=True) if on],
                [form for form, on in zip(inputs, bits, strict=True) if not on],
            )
            for bits in product((False, True), repeat=len(inputs))
            if sum(bits) % 2
        ]
        return self._or(terms)

    def _and(self, plain: list[int], negated: list[int]) -> int:
        on, off = set[int](), set[int]()
        for number in plain:
            form = self._form[number]
            on |= form.on if form.kind == "and" else {number}
            off |= form.off
        for number in negated:
            form = self._form[number]
            off |= form.on if form.kind == "or" else {number}
        if len(on) == 1 and not off:
            return on.pop()
        return self._of(_Form("and", frozenset(on), frozenset(off)))

    def _or(self, inputs: list[int]) -> int:
        on = set[int]()
        for number in inputs:
            form = self._form[number]
            on |= form.on if form.kind == "or" else {number}
        return on.pop() if len(on) == 1 else self._of(_Form("or", frozenset(on)))


def _inputs(truth: Circuit, active: int) -> tuple[Iterator[NDArray[np.int32]], int, bool]:
    """Return inputs in pieces, their number, and whether they are all with few features on."""
    active = min(active, len(truth.features))
    count = number_of_inputs(len(truth.features), active)
    if count <= MOST_INPUTS:
        return all_inputs(len(truth.features), active), count, True
    rows = draw_deep_inputs("mixed", truth, active, _SAMPLES, stream(0, Stream.VERIFICATION))
    return iter(np.array_split(rows, -(-len(rows) // _AT_ONCE))), len(rows), False
