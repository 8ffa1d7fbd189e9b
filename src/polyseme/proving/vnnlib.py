"""Properties of outputs for other verifiers: VNN-LIB, beside the ONNX file of the network.

A file says what would be a *counterexample*: a solver that answers "unsat" has shown that the
outputs it is about are right. Its inputs are real numbers from 0 to 1 whose sum is at most the
promise, of which Boolean inputs are the corners. So "unsat" is stronger than the claim about
Boolean inputs, and "sat" may name an input between them, which refutes nothing. For an output that
must be off nothing is lost where no weight of its readout is negative: its reading is convex then,
and so highest at a corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import text
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.network import Network
from polyseme.proving.cases import Cases, cases_of
from polyseme.verification.sampling import circuit_of, promise_asked

VERSIONS = ("1.0", "2.0")
# A file declares every input and output by name in version 1.0.
MOST_NUMBERS = 1_000_000


def to_vnnlib(
    network: Network,
    outputs: Sequence[str] | None = None,
    circuit: Circuit | None = None,
    *,
    active: int | None = None,
    version: str = "1.0",
) -> str:
    """Return the property that outputs are right, as VNN-LIB for the network's ONNX file.

    X are the features and Y the readings minus thresholds, as in `to_onnx`: an output is on where
    its Y is 0 or more. The sum of all X is bounded by one assertion over all inputs, which VNN-LIB
    allows and some tools do not take.

    Args:
        network: The network.
        outputs: Names of the outputs that the property is about; by default all. Solvers are
            quickest with one.
        circuit: The circuit to compare with; by default that of the answer key.
        active: Largest number of features on; by default the promise of the network.
        version: "1.0", in which every number has a name of its own, X_0, X_1, ..., or "2.0", which
            declares the network and its tensors X[0,0], X[0,1], ...

    Returns:
        The text of a file that ends in `.vnnlib`.

    Raises:
        OptionError: There is no such output, one is no OR of ANDs of features and negated features,
            there is no circuit, or an argument is of a wrong type or out of range.
        CapacityError: The network has more features and outputs than fit such a file.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.problems.pairwise_and(9, 9), construction="monosemantic")
        >>> text = ps.to_vnnlib(network, ["g0"], active=2, version="2.0")
        >>> print(text.splitlines()[7])
        (vnnlib-version <2.0>)
    """
    compared = circuit_of(network, circuit)
    text("version", version, VERSIONS)
    active = promise_asked(network, active)
    chosen = _chosen(compared, outputs)
    features, every = len(compared.features), len(compared.output_names)
    if features + every > MOST_NUMBERS:
        raise CapacityError(
            f"{features:,} features and {every:,} outputs; a property may have {MOST_NUMBERS:,}"
        )
    written, cases = _One() if version == "1.0" else _Two(), cases_of(compared, active)
    wrong = [part for output in chosen for part in _wrong(cases, output, written)]
    total = " ".join(written.input(feature) for feature in range(features))
    lines = [*_comment(compared, outputs, active), *written.declared(features, every)]
    for feature in range(features):
        lines.append(f"(assert (>= {written.input(feature)} 0.0))")
        lines.append(f"(assert (<= {written.input(feature)} 1.0))")
    lines.append(f"(assert (<= {f'(+ {total})' if features > 1 else total} {active}.0))")
    lines.append(f"(assert (or {' '.join(wrong)}))")
    return "\n".join(lines) + "\n"


def _chosen(circuit: Circuit, outputs: Sequence[str] | None) -> list[int]:
    """Return the numbers of outputs given by name."""
    if outputs is None:
        return list(range(len(circuit.output_names)))
    if not isinstance(outputs, (list, tuple)) or not outputs:
        raise OptionError("outputs must be a list of names of outputs")
    for name in outputs:
        if not isinstance(name, str) or name not in circuit.output_names:
            raise OptionError(f"the network has no output {str(name)[:40]!r}")
    return [circuit.output_names.index(name) for name in outputs]


def _comment(circuit: Circuit, outputs: Sequence[str] | None, active: int) -> list[str]:
    named = "all outputs" if outputs is None else f"outputs {', '.join(outputs)}"
    return [
        f"; {named} of {circuit.name}: is one wrong for an input with at most {active} on?",
        "; unsat: none is, on any such input. X are features, Y readings minus thresholds: an",
        "; output is on where Y is 0 or more. Inputs are relaxed to real numbers: unsat is",
        "; stronger than the claim about Boolean inputs, and sat may name an input that is not",
        "; Boolean. For an output that must be off, nothing is lost if its readout has no negative",
        "; weight.",
        "; Written by polyseme.",
    ]


class _One:
    """Inputs and outputs as VNN-LIB 1.0 writes them."""

    def input(self, number: int) -> str:
        """Return the name of an input."""
        return f"X_{number}"

    def output(self, number: int) -> str:
        """Return the name of an output."""
        return f"Y_{number}"

    def declared(self, features: int, outputs: int) -> Iterator[str]:
        """Yield the lines that declare all inputs and outputs."""
        for number in range(features):
            yield f"(declare-const X_{number} Real)"
        for number in range(outputs):
            yield f"(declare-const Y_{number} Real)"


class _Two:
    """Inputs and outputs as VNN-LIB 2.0 writes them."""

    def input(self, number: int) -> str:
        """Return the name of an input."""
        return f"X[0,{number}]"

    def output(self, number: int) -> str:
        """Return the name of an output."""
        return f"Y[0,{number}]"

    def declared(self, features: int, outputs: int) -> Iterator[str]:
        """Yield the lines that declare all inputs and outputs."""
        yield "(vnnlib-version <2.0>)"
        yield "(declare-network N"
        yield f'  (declare-input X float32 [1,{features}] "features")'
        yield f'  (declare-output Y float32 [1,{outputs}] "outputs")'
        yield ")"


def _wrong(cases: Cases, output: int, written: _One | _Two) -> Iterator[str]:
    """Yield, for each case of an output, what an input of it is like on which the output is wrong.

    Where it must be on, a reading equal to the threshold counts as wrong too: no compiled network
    has one, and VNN-LIB 1.0 knows no strict comparison.
    """
    if output in cases.undecided:
        raise OptionError(f"output {output} has too many cases for a property")
    first = cases.first
    for case in range(int(first[output]), int(first[output + 1])):
        on, off = cases.fixed(case)
        parts = [f"(>= {written.input(int(feature))} 1.0)" for feature in on]
        parts += [f"(<= {written.input(int(feature))} 0.0)" for feature in off]
        compared = "<=" if cases.must_be_on[case] else ">="
        yield f"(and {' '.join([*parts, f'({compared} {written.output(output)} 0.0)'])})"
