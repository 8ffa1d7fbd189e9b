"""Prediction of the ReLUs that layers in superposition need, from reads, activity and depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.staged.plan import StagedPlan

# ReLUs per square root of (literals read in a stage x wires on), and the addition to that number
# per doubling of the depth. Both were measured on layered circuits of 4,000 to 20,000 wires per
# level at error 1e-3.
_PREDICTION, _DEEPER = 16.5, 3.3
_MEASURED_ERROR = 1e-3
# Share of the ReLUs that are needed in addition to make the error smaller by a factor e. Measured:
# 20,000 wires through 50 layers failed on 5.6 % of the inputs at 10,000 ReLUs and on 0.29 % at
# 12,000.
_PER_FOLD = 0.06


def stage_predictions(plan: StagedPlan, error: float) -> NDArray[np.int64]:
    """Return the ReLUs that each stage needs in superposition at an error, (stages,)."""
    stages = plan.schedule.stages
    before = np.concatenate(([plan.task.active], plan.activity.mean[:-1]))
    literals = np.array([len(stage.literals) for stage in stages])
    factor = _PREDICTION + _DEEPER * np.log2(len(stages))
    factor *= 1 + _PER_FOLD * np.log(_MEASURED_ERROR / error)
    predictions: NDArray[np.int64] = np.ceil(
        factor * np.sqrt(literals * np.maximum(before, 1.0))
    ).astype(np.int64)
    return predictions


def predicted_neurons(plan: StagedPlan, error: float) -> int:
    """Return the ReLUs that the stage with most columns needs in superposition."""
    return int(stage_predictions(plan, error)[plan.columns == plan.columns.max()].max())
