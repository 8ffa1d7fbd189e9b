"""The network of a point, its sizes beside those of the bounds, and what makes it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.compile import compile_report
from polyseme.compiler.report import Compilation
from polyseme.learning.compile_refined import compile_refined
from polyseme.learning.toy_models.ceiling.anatomy import anatomy_of
from polyseme.learning.toy_models.ceiling.points import (
    COMPILED,
    COMPUTED,
    REFINED,
    TRAINED,
    Asked,
    circuit_of,
)
from polyseme.learning.twins.twin import train_twin
from polyseme.limits.table import bounds
from polyseme.networks.network import TRAINED as TRAINED_BY
from polyseme.networks.network import Network

ERROR, _SAMPLES, _BATCH, _RATE = 1e-3, 10_000, 256, 0.01
# Widths that training tries grow by this factor, from the compiled one, at most so many of them.
_GROWTH, _MOST_TRIED = 1.4, 5
# Passes of a refinement.
_PASSES = 100


def found_of(asked: Asked, device: str = "cpu") -> dict[str, Any]:
    """Return the row of a point: its network's sizes, errors and bits, and those of the bounds."""
    circuit = circuit_of(asked)
    told = bounds(circuit, active=asked.active, error=ERROR)
    if asked.kind == REFINED:
        report = compile_refined(
            circuit, active=asked.active, error=ERROR, passes=_PASSES, seed=asked.seed
        )
        network, error = report.network, _error_of(report)
    elif asked.kind == TRAINED:
        network, error = _least_trained(circuit, asked, device)
    else:
        epsilon = 0.25 if asked.kind == COMPUTED else None
        compiled = compile_report(
            circuit, active=asked.active, error=ERROR, epsilon=epsilon, seed=asked.seed
        )
        network, error = compiled.network, _error_of(compiled)
    declared = min(told.constructions, key=lambda row: row.neurons)
    return {
        **asdict(asked),
        "features": len(circuit.features),
        "bits": told.bits_ordered,
        "construction": network.provenance.construction,
        "neurons": network.neurons,
        "parameters": network.parameters,
        "error": error,
        "bits_per_parameter": told.bits_ordered / network.parameters,
        "features_per_neuron": len(circuit.features) / network.neurons,
        "bound_neurons": told.lower_bound_neurons_ordered,
        "declared_neurons": declared.neurons,
        "declared_by": declared.name,
        **asdict(anatomy_of(network, asked.seed)),
        "channels": _channels(network),
        "command": _command(asked, network.neurons),
    }


def _channels(network: Network) -> str:
    """Return the influence channels that the answer key names; a trained network has none."""
    if network.provenance.construction == TRAINED_BY:
        return "none"
    return ", ".join(name for name, count in network.provenance.channels.items() if count)


def _error_of(report: Compilation) -> float:
    """Return the error that was confirmed; exact networks have none."""
    return 0.0 if report.confirmation is None else report.confirmation.error


def _least_trained(circuit: Circuit, asked: Asked, device: str) -> tuple[Network, float]:
    """Return the least trained network that passes, or the widest tried, and its error."""
    compiled = compile_report(
        circuit, active=asked.active, error=ERROR, epsilon=None, seed=asked.seed
    ).network
    step, passed, last = 0, None, None
    for _ in range(_MOST_TRIED):
        width = max(1, round(compiled.neurons * _GROWTH**step))
        twin = train_twin(
            circuit,
            width,
            active=asked.active,
            encoder="learned",
            start="sparse",
            loss="hinge",
            rate=_RATE,
            steps=asked.steps,
            batch=_BATCH,
            samples=_SAMPLES,
            seed=asked.seed,
            device=device,
        )
        last = (twin.network, twin.measured.error)
        if last[1] > ERROR and passed is not None:
            break
        rising = last[1] > ERROR
        if not rising:
            passed = last
            if step > 0:
                break
        step += 1 if rising else -1
    found = passed or last
    assert found is not None
    return found


def _command(asked: Asked, neurons: int) -> str:
    """Return what makes the network of a row again, a command or a call."""
    if asked.family == "facts":
        return _call(asked, neurons)
    named = {"and": "and2", "permutation": "permutation"}[asked.family]
    source = f"{named}:features={asked.size},seed={asked.seed}"
    ending = f"--active {asked.active} --seed {asked.seed}"
    if asked.kind == TRAINED:
        return (
            f"polyseme learn {source} --neurons {neurons} --encoder learned --start sparse "
            f"--loss hinge --rate {_RATE} --steps {asked.steps} --batch {_BATCH} "
            f"--samples {_SAMPLES} {ending}"
        )
    more = {COMPILED: "--epsilon none ", REFINED: f"--refine {_PASSES} "}.get(asked.kind, "")
    return f"polyseme compile {source} {more}{ending}"


def _call(asked: Asked, neurons: int) -> str:
    source = f"polyseme.learning.toy_models.ceiling.random_facts({asked.size}, {asked.seed})"
    ending = f"active={asked.active}, seed={asked.seed}"
    if asked.kind == TRAINED:
        return (
            f"ps.train_twin({source}, {neurons}, encoder='learned', start='sparse', loss='hinge', "
            f"rate={_RATE}, steps={asked.steps}, batch={_BATCH}, samples={_SAMPLES}, {ending})"
        )
    return f"ps.compile({source}, epsilon=None, {ending})"
