"""The source language: named features, gates held as arrays, and named outputs.

A *wire* is a number: wires 0 .. features-1 are the features, wire features+g is gate g. Gates stand
in topological order, so a gate reads only wires of smaller numbers than its own. Every gate kind is
0 when all its inputs are 0 ("rests at zero"); both sparse evaluation and superposition depend on
this. An output that is 1 at rest is stored negated and flagged `inverted`: its wire rests at zero,
and the user sees the negation of the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyseme.circuits.described import GatesPerFeature, gates_per_feature, problem_seed
from polyseme.circuits.names import Names, check_name
from polyseme.circuits.topological import wire_levels
from polyseme.common.arguments import instance, shown_value, whole_number
from polyseme.common.plain_text import spelt
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.errors import OptionError, SourceError

_DTYPES: dict[str, type[np.integer]] = {
    "kinds": np.uint8,
    "fan_in_offsets": np.int64,
    "fan_in": np.int32,
    "outputs": np.int32,
}


class GateKind(IntEnum):
    """Kind of a gate: the Boolean function of its inputs.

    Attributes:
        IDENTITY: The only input.
        AND: On when all inputs are on.
        OR: On when any input is on.
        AND_NOT: On when the first input is on and all others are off.
        XOR: On when an odd number of inputs is on.
    """

    IDENTITY = 0
    AND = 1
    OR = 2
    AND_NOT = 3
    XOR = 4


@dataclass(frozen=True, eq=False)
class Circuit:
    """A Boolean circuit over named features, held as arrays so that it can have millions of gates.

    Wires 0 .. features-1 are the features, and wire features+g is gate g. A gate reads only wires
    of smaller numbers than its own. `build_circuit` makes a small circuit from a list of gates.

    Attributes:
        features: Names of the features.
        kinds: A `GateKind` per gate, uint8 (gates,).
        fan_in_offsets: Bounds of the gates' inputs, int64 (gates + 1,): gate g reads the wires
            fan_in[fan_in_offsets[g]:fan_in_offsets[g + 1]].
        fan_in: Wires that the gates read, int32 (edges,).
        outputs: The wire of every output, int32 (outputs,); -1 is a wire that is always off.
        output_names: Names of the outputs.
        name: Name of the circuit, for messages and reports.
        inverted: Boolean (outputs,), True for an output that is the negation of its wire and so on
            at rest. An empty array, the default, stands for all False.
        gate_names: The name of every gate, "" for a gate without one; () if no gate has a name.
            Names are distinct, and none is also that of a feature.
        levels: Level of every wire, int32 (wires,): 0 for features, and for gates one more than
            the highest level among the inputs. It is computed.

    Raises:
        SourceError: A gate, an output or the name breaks a rule.
        OptionError: `features` or `output_names` is not a `Names`.

    Example:
        >>> import numpy as np
        >>> import polyseme as ps
        >>> ps.Circuit(
        ...     features=ps.Names(["a", "b", "c"]),
        ...     kinds=np.array([ps.GateKind.AND, ps.GateKind.OR]),
        ...     fan_in_offsets=np.array([0, 2, 4]),
        ...     fan_in=np.array([0, 1, 3, 2]),
        ...     outputs=np.array([4]),
        ...     output_names=ps.Names(["(a and b) or c"]),
        ... )
        Circuit('circuit': 3 features, 2 gates, 1 outputs, depth 2)
    """

    features: Names
    kinds: NDArray[np.uint8]
    fan_in_offsets: NDArray[np.int64]
    fan_in: NDArray[np.int32]
    outputs: NDArray[np.int32]
    output_names: Names
    name: str = "circuit"
    inverted: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    gate_names: tuple[str, ...] = ()
    levels: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check every rule, so that no later code has to."""
        check_name(self.name, "circuit ")
        for names in ("features", "output_names"):
            instance(names, getattr(self, names), Names, "Names")
        for array, dtype in _DTYPES.items():
            values = _narrow(getattr(self, array), dtype, f"{self.name}: {array}")
            object.__setattr__(self, array, values)
        self._check_shapes()
        self._check_gates()
        self._check_outputs()
        object.__setattr__(self, "inverted", self._checked_inversion())
        object.__setattr__(self, "gate_names", self._checked_gate_names())
        levels = wire_levels(len(self.features), self.fan_in_offsets, self.fan_in)
        object.__setattr__(self, "levels", levels)

    def __repr__(self) -> str:
        """Return one line with the name and the sizes, without the arrays."""
        name = self.name if len(self.name) <= 50 else f"{self.name[:49]}…"
        return (
            f"Circuit({name!r}: {len(self.features):,} features, {self.gates:,} gates, "
            f"{len(self.outputs):,} outputs, depth {self.depth})"
        )

    def __str__(self) -> str:
        """Return one line with all sizes, how often features are read, and the problem's seed."""
        drawn = "" if self.problem_seed is None else f"; problem seed {self.problem_seed}"
        return (
            f"{self.name}: {len(self.features):,} features, {self.gates:,} gates, "
            f"{len(self.outputs):,} outputs, depth {self.depth}; {self.gates_per_feature}{drawn}"
        )

    @property
    def gates_per_feature(self) -> GatesPerFeature:
        """Least, mean and largest number of gates that read a feature."""
        return gates_per_feature(len(self.features), self.fan_in)

    @property
    def problem_seed(self) -> int | None:
        """Seed that the problem was drawn with; None if the circuit is not drawn at random."""
        return problem_seed(self.name)

    @property
    def gates(self) -> int:
        """Number of gates."""
        return len(self.kinds)

    @property
    def computed_gates(self) -> int:
        """Number of gates that compute: those of two inputs or more. Identities only repeat one."""
        return int(np.count_nonzero(np.diff(self.fan_in_offsets) > 1))

    @property
    def wires(self) -> int:
        """Number of wires: features and gates together."""
        return len(self.features) + self.gates

    @property
    def depth(self) -> int:
        """Largest number of gates on a path from a feature to an output; 0 if there are none."""
        return int(self.output_levels.max())

    @property
    def output_levels(self) -> NDArray[np.int32]:
        """Level of every output's wire, int32 (outputs,); 0 for features and constants."""
        # Constant outputs have wire -1, which as an index would be the last gate.
        return np.where(self.outputs < 0, 0, self.levels[np.maximum(self.outputs, 0)])

    def wire_name(self, wire: int) -> str:
        """Return a name of a wire for messages: the feature's, or the gate's number and name."""
        features = len(self.features)
        if wire < features:
            return repr(self.features[wire])
        gate = wire - features
        named = self.gate_names[gate] if self.gate_names else ""
        return f"gate {gate} {named!r}" if named else f"gate {gate}"

    def known_as(self, wire: int) -> str:
        """Return the name of an output that a gate is, where it is one, or else `wire_name`."""
        outputs = np.flatnonzero((self.outputs == wire) & ~self.inverted)
        if wire < len(self.features) or not len(outputs):
            return self.wire_name(wire)
        return repr(self.output_names[int(outputs[0])])

    def _check_shapes(self) -> None:
        if len(self.features) == 0:
            raise SourceError(f"{self.name}: a circuit needs at least one feature")
        offsets = self.fan_in_offsets
        if len(offsets) != self.gates + 1 or offsets[0] != 0 or offsets[-1] != len(self.fan_in):
            raise SourceError(f"{self.name}: fan-in offsets do not cover the {self.gates} gates")
        if self.wires >= 2**31:
            raise SourceError(f"{self.name}: more than 2^31 wires")
        if len(self.outputs) != len(self.output_names):
            raise SourceError(
                f"{self.name}: {len(self.outputs)} outputs but {len(self.output_names)} names"
            )

    def _check_gates(self) -> None:
        width = np.diff(self.fan_in_offsets)
        self._refuse(self.kinds > max(GateKind), "is of no known kind")
        # Offsets are compared, not subtracted: the difference of very large ones may overflow.
        empty = self.fan_in_offsets[1:] <= self.fan_in_offsets[:-1]
        self._refuse(empty, "reads nothing; a gate needs at least one input")
        self._refuse((self.kinds == GateKind.IDENTITY) & (width != 1), "is an identity of many")
        if len(self.fan_in) and self.fan_in.min() < 0:
            raise SourceError(f"{self.name}: a gate reads a negative wire")
        gate_of_edge = row_numbers(width)
        late = np.zeros(self.gates, bool)
        late[gate_of_edge[self.fan_in >= len(self.features) + gate_of_edge]] = True
        self._refuse(late, "reads a wire that is not defined before it")
        order = np.lexsort((self.fan_in, gate_of_edge))
        gate, wire = gate_of_edge[order], self.fan_in[order]
        twice = np.zeros(self.gates, bool)
        twice[gate[1:][(gate[1:] == gate[:-1]) & (wire[1:] == wire[:-1])]] = True
        self._refuse(twice, "reads the same wire twice")

    def _refuse(self, broken: NDArray[np.bool_], rule: str) -> None:
        if broken.any():
            raise SourceError(f"{self.name}: gate {int(np.argmax(broken))} {rule}")

    def _check_outputs(self) -> None:
        if len(self.outputs) == 0:
            raise SourceError(f"{self.name}: a circuit needs at least one output")
        if self.outputs.min() < -1 or self.outputs.max() >= self.wires:
            bad = int(np.argmax((self.outputs < -1) | (self.outputs >= self.wires)))
            raise SourceError(
                f"{self.name}: output {self.output_names[bad]!r} names wire "
                f"{int(self.outputs[bad])}, which is not defined"
            )

    def _checked_inversion(self) -> NDArray[np.bool_]:
        inverted = np.asarray(self.inverted)
        if inverted.size == 0:
            return np.zeros(len(self.outputs), bool)
        if inverted.dtype != np.bool_ or inverted.shape != self.outputs.shape:
            raise SourceError(f"{self.name}: inverted must be {len(self.outputs)} Booleans")
        return inverted

    def _checked_gate_names(self) -> tuple[str, ...]:
        instance("gate_names", self.gate_names, (tuple, list), "a tuple of text")
        if not any(self.gate_names):
            return ()
        if len(self.gate_names) != self.gates:
            raise SourceError(
                f"{self.name}: {len(self.gate_names)} names of gates for {self.gates} gates"
            )
        seen: set[str] = set()
        names = tuple(map(spelt, self.gate_names))
        for gate, name in enumerate(names):
            if name == "":
                continue
            check_name(name, f"{self.name}: gate {gate}: ")
            if name in seen or name in self.features:
                other = "another gate" if name in seen else "a feature"
                raise SourceError(
                    f"{self.name}: gate {gate}: name {name[:40]!r} is also that of {other}"
                )
            seen.add(name)
        return names


def build_circuit(
    features: Names | Sequence[str],
    gates: Sequence[tuple[GateKind, Sequence[int]]],
    outputs: Sequence[int],
    output_names: Names | Sequence[str] | None = None,
    name: str = "circuit",
    inverted: Sequence[bool] = (),
    gate_names: Sequence[str] = (),
) -> Circuit:
    """Make a circuit from a list of gates, for circuits small enough to write down.

    Args:
        features: Names of the features. They are wires 0, 1, ...
        gates: A pair (kind, input wires) per gate. The first gate is wire `len(features)`, and
            each reads only features and earlier gates.
        outputs: The wire of every output; -1 is a wire that is always off.
        output_names: Names of the outputs; "y0", "y1", ... by default.
        name: Name of the circuit, for messages and reports.
        inverted: A Boolean per output, True where the output is the negation of its wire; all
            False by default.
        gate_names: The name of every gate, "" for a gate without one; no gate has one by default.

    Returns:
        The circuit.

    Raises:
        SourceError: A gate, an output or a name breaks a rule of `Circuit`.
        OptionError: An argument is of a wrong type; the message names it.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.build_circuit(
        ...     ["a", "b", "c"],
        ...     [(ps.GateKind.AND, [0, 1]), (ps.GateKind.OR, [3, 2])],
        ...     outputs=[4],
        ...     output_names=["(a and b) or c"],
        ... )
        >>> circuit.gates, circuit.depth
        (2, 2)
    """
    named = features if isinstance(features, Names) else Names(features)
    _check_lists(gates, outputs, inverted, gate_names)
    if output_names is None:
        output_names = Names(prefix="y", count=len(outputs))
    widths = [len(inputs) for _, inputs in gates]
    return Circuit(
        features=named,
        kinds=np.array([int(kind) for kind, _ in gates]),
        fan_in_offsets=row_offsets(widths),
        fan_in=np.array([wire for _, inputs in gates for wire in inputs]),
        outputs=np.array(outputs),
        output_names=output_names if isinstance(output_names, Names) else Names(output_names),
        name=name,
        inverted=np.array(inverted, bool),
        gate_names=tuple(gate_names),
    )


def _check_lists(
    gates: Sequence[tuple[GateKind, Sequence[int]]],
    outputs: Sequence[int],
    inverted: Sequence[bool],
    gate_names: Sequence[str],
) -> None:
    """Raise OptionError unless the arguments are lists of the types that `build_circuit` wants."""
    lists = (Sequence, np.ndarray)
    given_lists = {"gates": gates, "outputs": outputs, "inverted": inverted}
    for name, given in {**given_lists, "gate_names": gate_names}.items():
        instance(name, given, lists, "a list")
    for number, gate in enumerate(gates):
        place = f"gates[{number}]"
        if not isinstance(gate, lists) or len(gate) != 2:
            raise OptionError(f"{place} is {shown_value(gate)}; it must be (kind, input wires)")
        whole_number(f"{place}: the kind", gate[0])
        instance(f"{place}: input wires", gate[1], lists, "a list")
        for wire in gate[1]:
            whole_number(f"{place}: an input wire", wire)
    for number, wire in enumerate(outputs):
        whole_number(f"outputs[{number}]", wire)
    for number, flag in enumerate(inverted):
        instance(f"inverted[{number}]", flag, (bool, np.bool_), "True or False")


def _narrow(values: ArrayLike, dtype: type[np.integer], what: str) -> NDArray[np.integer]:
    """Return an array of `dtype`; a plain conversion would wrap numbers that do not fit."""
    try:
        array = np.asarray(values)
    except ValueError:
        # Rows of several lengths are no array of numbers; the check below refuses this one.
        array = np.empty((1, 1))
    if array.size == 0:
        return np.zeros(0, dtype)
    limits = np.iinfo(dtype)
    whole = array.ndim == 1 and array.dtype.kind in "iu"
    if not whole or array.min() < limits.min or array.max() > limits.max:
        raise SourceError(f"{what} must be a row of whole numbers {limits.min}..{limits.max}")
    return array.astype(dtype, copy=False)
