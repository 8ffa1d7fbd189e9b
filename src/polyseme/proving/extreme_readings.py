"""The extreme readings of a linear network, each with an input that has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.networks.network import Network
from polyseme.proving.cases import Cases, cases_of
from polyseme.proving.linear_reads import LinearReads
from polyseme.proving.proof import Margins
from polyseme.proving.worst_sums import CaseTable, readings_of_outputs


def extreme_readings(network: Network, circuit: Circuit, active: int) -> dict[str, Any]:
    """Return the lowest reading of all outputs that must be on and the highest of all others.

    Args:
        network: A network of one hidden layer, no ReLU of which bends with so many features on.
        circuit: Its circuit.
        active: Largest number of features on.

    Returns:
        `lowest_on` and `highest_off`, each with `reading`, a whole number in the units of weights,
        `output` and `on`, the names of an output and of the features of an input that has it; None
        where no input is of that kind.

    Raises:
        OptionError: An output is no OR of ANDs of few features, or the network is not linear.
    """
    reads, cases = LinearReads.of(network, active), cases_of(circuit)
    readings = readings_of_outputs(reads, CaseTable.of(cases), active)
    lowest, highest = readings.lowest_on[active], readings.highest_off[active]
    return {
        "lowest_on": _named(circuit, reads, cases, (lowest, 1, active)),
        "highest_off": _named(circuit, reads, cases, (-highest, -1, active)),
    }


def extremes_of(margins: Margins, circuit: Circuit) -> dict[str, Any]:
    """Return the lowest and the highest of the readings of a proof, as `extreme_readings` does.

    No inputs are named.
    """
    found: dict[str, Any] = {}
    for name, readings, output in (
        ("lowest_on", margins.lowest_on, int(margins.lowest_on.argmin())),
        ("highest_off", margins.highest_off, int(margins.highest_off.argmax())),
    ):
        reading, none = int(readings[output]), np.iinfo(np.int64)
        found[name] = None
        if none.min < reading < none.max:
            found[name] = {"reading": reading, "output": circuit.output_names[output]}
    return found


def _named(
    circuit: Circuit, reads: LinearReads, cases: Cases, wanted: tuple[Any, int, int]
) -> dict[str, Any] | None:
    """Return the least of some readings times a sign, with an input that has it."""
    least, sign, active = wanted
    output = int(least.argmin())
    if not np.isfinite(least[output]):
        return None
    pull, inputs = sign * reads.of_output(output), []
    for case in range(int(cases.first[output]), int(cases.first[output + 1])):
        on, off = cases.fixed(case)
        if cases.must_be_on[case] == (sign > 0) and len(on) <= active:
            free = np.delete(np.arange(len(pull)), np.concatenate((on, off)))
            free = free[np.argsort(pull[free], kind="stable")][: active - len(on)]
            inputs.append(np.concatenate((on, free[pull[free] < 0])))
    on = min(inputs, key=lambda some: pull[some].sum())
    return {
        "reading": int(sign * least[output]),
        "output": circuit.output_names[output],
        "on": [circuit.features[feature] for feature in sorted(on.tolist())],
    }
