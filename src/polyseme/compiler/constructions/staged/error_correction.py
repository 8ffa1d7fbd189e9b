"""Circuits of any depth with linear reads: computing layers alternate with correcting layers.

Theorem (Hänni, Mendel, Vaintrob and Chan 2024, in our words). Suppose that every feature can be
read linearly off a layer of width d to within about 1/sqrt(d). A layer of gates makes the reads
worse, and a layer that corrects errors makes them as good again. So networks of width d emulate
sparse circuits of width O~(d^1.5) and any polynomial depth. Borobia et al. 2026 explain the power
1.5: at this width the cross-talk that linear reads cannot avoid, 1/sqrt(d), reaches what the
correction tolerates. Exact Boolean reset, which lets codes be light, reaches d^2.

The construction. A column of a stage is held by w = sqrt(d)/4 of d units (at least 8 s / 3), and
any two codes share at most one unit where such codes fit. A read is the mean over a code. Weights
are centred, no code is handed on and nothing is equalised, so each other column that is on moves a
read by at most 1/w = 4/sqrt(d), the linear invariant. Units are clipped, two ReLUs per unit. A unit
of a *computing* layer begins to fire 1/2 below the sum of a satisfied gate, is 1 at that sum, and
is clipped at 1.5 (an OR of two inputs that are on would be 3). ANDs of two have other units than
the other gates. A *correcting* layer holds every column in a fresh code. Its units rise from 0 to 1
as the read of their column goes from 0.45 to about 0.57. A unit reads R w / d columns, where R is
the number of literals of a stage. Each adds noise of variance a / d where a columns are on, in all
R w a / d^2 = R a / (4 d^1.5). Two conditions set the number of units, with L stages:

- stray units must not outnumber the units of columns that are on, so noise must stay below the
  bend: with that variance at most 1/12, d is at least (3 R a)^(2/3). This is the theorem's power;
- a read is a mean over w units, so the variance R a / d^2 that is left must fit into the gap at
  each of L stages: d is at least sqrt(200 ln(L / error) R a). The 200 is measured; if units were
  linear, the Gaussian tail would require 8.

    N = 2 d = 2 max((3 R a)^(2/3), sqrt(200 ln(L / error) R a))  ReLUs per layer, 2 L layers.

So m wires per level need about m^(2/3) units for large m, but the second part decides up to about
200,000 wires, at error 0.1. At all sizes that can be tried, measured sizes grow as the square root
(`tests/compiler/constructions/test_scaling_channels.py`), and 1/12 is a choice that no measurement
here supports. The constants are bad. With 1.75 literals per wire and a = 3, at error 0.1 and one
stage, there are fewer units than wires from about 2,400 wires on, and less than one ReLU per wire
from 9,700 on. Measured sizes are 0.55 to 0.8 of the law. With more than three features on, gates
were measured to be missed layer by layer, on a third of the samples at 4 of 128 wires. The reason
is not known, and such promises are refused.

Stored: 2 L d (d + 1) numbers; the seed gives encoder and readout, and thresholds are midpoints.
Error: at most a share `error` of satisfied inputs (measured). Refused: circuits with a stage of
gates of more than two inputs, outputs that are constant or rest at 1, promises of more than three
active features, basis-aligned inputs.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.affine import affine_or_balanced_code
from polyseme.codes.code import SparseCode
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.staged.plan import StagedPlan, placements_of
from polyseme.compiler.schedule.activity import measure_activity
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.schedule.stages import Stage
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.activation import Clip
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.layer_key import LayerKey, reads_of, wire_key
from polyseme.networks.network import Network, Provenance

NAME = "error-correction"
_MOST_ACTIVE = 3
# Weight of a code per square root of the units: each foreign column then moves a read by at most
# about 4/sqrt(d).
_WEIGHT_SHARE = 0.25
# Foreign columns that are on, if each shares one unit with a column, move its read by at most this.
_CROSS_TALK = 0.375
# A column that is fully on adds about this much to a sum of integers.
_RESOLUTION = 64
_ACTIVITY_SAMPLES = 1000
# A correcting unit begins to fire at this share of a column and is saturated about an eighth above.
_BEGINS = 0.45
# Constants of the two parts of the law: for noise below the bend (chosen), for reads (measured).
_BELOW_BEND = 3.0
_READS = 200.0


def code_weight(units: int, active: int) -> int:
    """Return the weight of a code: a share of the root of the units, enough for the promise."""
    least = -(-active // _CROSS_TALK)
    return max(int(least), round(_WEIGHT_SHARE * float(np.sqrt(units))))


def _make_plan(task: Task) -> StagedPlan:
    """Cut the circuit into stages that carry every wire by a gate."""
    return StagedPlan(task, task.once(placements_of).schedule(Carry.GATES))


def _on_before(task: Task) -> NDArray[np.float64]:
    """Return the columns that are on before each stage, on average, (stages,)."""
    plan = task.once(_make_plan)
    rows = plan.satisfied(_ACTIVITY_SAMPLES, Stream.ACTIVITY)
    mean = measure_activity(plan.schedule, rows).mean
    on: NDArray[np.float64] = np.concatenate(([task.active], mean[:-1]))
    return on


def _key(
    layer: Layer, stage: Stage, held: SparseCode, wanted: sp.csr_array, below: SparseCode
) -> LayerKey:
    """Return the key with the reads of own columns; centred weights are not a product C D."""
    named = wanted.copy()
    named.sort_indices()
    return wire_key(
        layer.width,
        stage.wires,
        held.positions,
        np.zeros(len(stage), bool),
        reads=reads_of(layer.weights, named, below),
        resolution=_grain(below) * below.weight,
    )


def _grain(below: SparseCode) -> int:
    """Return the number of steps in a strength of 1."""
    return max(1, round(_RESOLUTION / below.weight))


def _computing_code(
    stage: Stage, units: int, weight: int, generator: np.random.Generator
) -> tuple[SparseCode, NDArray[np.int64]]:
    """Draw codes with ANDs of two on units apart from other gates; return also the units' levels.

    The level of a unit, int64 (units,), is the number of literals that its gates need on. The two
    kinds of gates get units in proportion to the literals that they read.
    """
    double = stage.needed == 2
    share = int(stage.widths[double].sum()) / int(stage.widths.sum())
    least = 2 * weight
    apart = round(units * share)
    apart = int(np.clip(apart, least * double.any(), units - least * (~double).any()))
    rows = np.empty((len(stage), weight), np.int32)
    for chosen, begin, width in ((double, 0, apart), (~double, apart, units - apart)):
        if chosen.any():
            rows[chosen] = (
                begin
                + affine_or_balanced_code(int(chosen.sum()), width, weight, generator).positions
            )
    level = np.where(np.arange(units) < apart, 2, 1)
    return SparseCode(units, rows, np.ones(rows.shape, np.int8)), level


def _computed(stage: Stage, code: SparseCode) -> sp.csr_array:
    """Return C of a computing layer: the literals of each unit's columns, with their signs."""
    literals = sp.csr_array(
        (stage.signs.astype(np.float32), stage.literals, stage.offsets),
        shape=(len(stage), stage.inputs),
    )
    return (code.matrix().T @ literals).tocsr()


def _copied(code: SparseCode) -> sp.csr_array:
    """Return C of a correcting layer: each unit reads the columns that it carries."""
    return code.matrix().T.tocsr()


def _layer(
    wanted: sp.csr_array, level: NDArray[np.int64], below: SparseCode, on: float, correcting: bool
) -> Layer:
    """Return the layer of units that need `level` columns on, W = C D with each row centred.

    `on` is the number of columns below that are on, on average.
    """
    grain = _grain(below)
    resolution = grain * below.weight
    weights = (grain * (wanted @ below.matrix())).toarray()
    weights -= np.rint(weights.mean(axis=1, keepdims=True))
    # Rounding the centre leaves a small mean, through which the columns that are on add this much.
    drift = on * below.weight * weights.mean(axis=1)
    half = 1 << round(float(np.log2(resolution / 2)))
    begins = (level - 1 + _BEGINS) * resolution if correcting else level * resolution - half
    cap = half // 4 if correcting else half + half // 2
    bias = -np.rint(begins + drift).astype(np.int32)
    narrow = np.int8 if np.abs(weights).max() <= 127 else np.int16
    return Layer(weights.astype(narrow), bias, 1.0 / (cap if correcting else half), Clip(cap))


def _readout(task: Task, code: SparseCode, columns: NDArray[np.int32]) -> Readout:
    """Return the readout: each output reads the code of its column, with a threshold of a half."""
    weight = code.weight
    return Readout(
        outputs=task.circuit.output_names,
        offsets=np.arange(len(columns) + 1, dtype=np.int64) * weight,
        neurons=code.positions[columns].ravel(),
        weights=np.ones(len(columns) * weight, np.int16),
        thresholds=np.full(len(columns), np.float32(weight / 2)),
    )


class ErrorCorrection(Construction[StagedPlan]):
    """Two layers per stage: one that computes, and one that corrects errors."""

    name = NAME
    problem = "circuits of any depth whose stages are gates of two inputs and identities"
    inputs = Inputs.SUPERPOSED
    law = (
        "2 max((3 R a)^(2/3), sqrt(200 ln(L/error) R a)) ReLUs in 2 L layers, "
        "R literals per stage, a wires on"
    )
    exponent = 2 / 3
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most 3 features on, and about as many wires on at every level",)
    sources = ("vaintrob2024mathematical", "borobia2026linear", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        circuit = task.circuit
        if task.encoder == "basis":
            return "its inputs are in superposition"
        if task.active > _MOST_ACTIVE:
            return f"it holds for up to {_MOST_ACTIVE} active features, not {task.active}"
        if circuit.inverted.any() or (circuit.outputs < 0).any():
            return "an output rests at 1 or is constant"
        for number, stage in enumerate(task.once(_make_plan).schedule.stages):
            if stage.widths.max() > 2:
                return f"stage {number} has a gate of {stage.widths.max()} inputs, more than 2"
        return None

    def plan(self, task: Task) -> StagedPlan:
        """Cut the circuit into stages that carry every wire by a gate."""
        return task.once(_make_plan)

    def neurons(self, plan: StagedPlan, error: float) -> int:
        """Return N of the law."""
        reads = np.array([len(stage.literals) for stage in plan.schedule.stages])
        load = float((reads * np.maximum(plan.task.once(_on_before), 1.0)).max())
        tail = np.log(len(reads) / error)
        units = max((_BELOW_BEND * load) ** (2 / 3), np.sqrt(_READS * tail * load))
        return 2 * int(np.ceil(units))

    def parameters(self, plan: StagedPlan, neurons: int) -> int:
        """Return the number of weights and biases, of two layers per stage."""
        units = neurons // 2
        return 2 * len(plan.schedule.stages) * units * (units + 1)

    def build(self, plan: StagedPlan, neurons: int) -> Network:
        """Build two layers per stage."""
        task = plan.task
        units = neurons // 2
        weight = code_weight(units, task.active)
        # Room for a region of ANDs and one of other gates, each two codes wide.
        if units < 4 * weight:
            raise TooFewNeuronsError(
                f"{neurons} neurons are too few for codes of {weight} clipped units"
            )
        schedule, generator = plan.schedule, task.stream(Stream.OUTPUT_CODES)
        activity = task.once(_on_before)
        code = encoder = affine_or_balanced_code(
            len(task.circuit.features), units, weight, generator
        )
        layers, keys = [], []
        for stage, on in zip(schedule.stages, activity.tolist(), strict=True):
            computed, level = _computing_code(stage, units, weight, generator)
            wanted = _computed(stage, computed)
            layers.append(_layer(wanted, level, code, on, correcting=False))
            keys.append(_key(layers[-1], stage, computed, wanted, code))
            code = affine_or_balanced_code(len(stage), units, weight, generator)
            wanted = _copied(code)
            layers.append(_layer(wanted, np.ones(units, np.int64), computed, on, correcting=True))
            keys.append(_key(layers[-1], stage, code, wanted, computed))
        return Network(
            encoder=Encoder(task.circuit.features, encoder),
            layers=tuple(layers),
            readout=_readout(task, code, schedule.output_columns),
            provenance=Provenance(
                source=task.circuit.name,
                construction=NAME,
                active=task.active,
                seed=task.seed,
                gates=task.circuit.gates,
                monosemantic_neurons=int(schedule.monosemantic_neurons.max()),
                readout_parameters=0,
                channels={"superposed": len(layers), "monosemantic": 0},
            ),
            key=AnswerKey(task.circuit, encoder, tuple(keys)),
        )
