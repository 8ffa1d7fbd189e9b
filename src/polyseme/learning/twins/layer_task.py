"""The task of training one hidden layer on a circuit: readings R relu(W E f + b) + c near 0 and 1.

f are the features that are on and E is the encoder. W and b are learnt, and so are R and c unless
the readout is fixed. Inputs are drawn as `verify` draws them, of every kind in equal numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode
from polyseme.common.extras import import_torch
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.term_readings import KINDS

if TYPE_CHECKING:
    import torch

# Errors of readings up to this cost nothing under the loss "band"; less than 1/4, so that what is
# left over of it still counts as computed.
_BAND = 0.2
# How far readings must be from 1/2, on their side, to cost nothing under the loss "hinge".
_MARGIN = 0.25
LOSSES = {
    "band": f"squared error of readings beyond {_BAND} of 0 and 1: gates are computed",
    "hinge": f"squared shortfall of readings within {_MARGIN} of 1/2: outputs are decided",
    "l4": "fourth power of the error of readings",
    "squared": "squared error of readings",
}


@dataclass(frozen=True, eq=False)
class LayerTask:
    """A task of training (`learning/training/task.py`): one hidden layer on a circuit.

    Args:
        circuit: The circuit, of one hidden layer.
        terms: The circuit as ORs of terms.
        active: The most features on at once.
        neurons: ReLUs.
        encoder: The code of the features, or None for one that is learnt: W E is then one matrix.
        readout: The neurons that each output reads with equal weights, or None for a readout that
            is learnt.
        loss: One of `LOSSES`.
        batch: Samples per step.
        hard: In every step so many times as many samples are drawn, and those of the largest loss
            are kept.
    """

    circuit: Circuit
    terms: Terms
    active: int
    neurons: int
    encoder: SparseCode | None
    readout: SparseCode | None
    loss: str
    batch: int
    hard: int

    instances = 1

    @property
    def name(self) -> str:
        """The name of the circuit."""
        return self.circuit.name

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on; codes follow from the seed."""
        return {
            "circuit": self.circuit.name,
            "features": len(self.circuit.features),
            "outputs": len(self.circuit.outputs),
            "active": self.active,
            "neurons": self.neurons,
            "encoder": "learned" if self.encoder is None else "fixed",
            "readout": "free" if self.readout is None else "fixed",
            "loss": self.loss,
            "batch": self.batch,
            "hard": self.hard,
        }

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw weights such that readings of one feature are about normal; biases are 0."""
        features, outputs = len(self.circuit.features), len(self.circuit.outputs)
        reads = features if self.encoder is None else self.encoder.neurons
        weight = 1 if self.encoder is None else self.encoder.weight
        spread = np.float32(1 / np.sqrt(weight))
        begun = {
            "weights": spread * generator.standard_normal((reads, self.neurons), np.float32),
            "bias": np.zeros(self.neurons, np.float32),
            "offset": np.zeros(outputs, np.float32),
        }
        if self.readout is None:
            small = np.float32(1 / self.neurons)
            begun["readout"] = small * generator.standard_normal(
                (self.neurons, outputs), np.float32
            )
        return begun

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw inputs; leave the slopes of the loss in the gradients, and return the mean loss."""
        library = import_torch("training")
        rows = self._draw(generator)
        if self.hard > 1:
            with library.no_grad():
                each = self._losses(numbers, rows)
            rows = rows[each.topk(self.batch).indices.cpu().numpy()]
        loss = self._losses(numbers, rows).mean()
        library.autograd.backward(loss)
        found: torch.Tensor = loss.detach().reshape(1)
        return found

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Leave the numbers as they are."""

    def _draw(self, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw inputs of every kind, int32 (samples, active)."""
        count = self.batch * self.hard
        shares = [count // len(KINDS) + (place < count % len(KINDS)) for place in range(len(KINDS))]
        return np.concatenate(
            [
                draw_inputs(kind, self.terms, self.active, share, generator)
                for kind, share in zip(KINDS, shares, strict=True)
                if share
            ]
        )

    def _losses(self, numbers: dict[str, torch.Tensor], rows: NDArray[np.int32]) -> torch.Tensor:
        """Return the loss of every row, the sum over outputs."""
        library, place = import_torch("training"), numbers["bias"].device
        on = evaluate_sparse(self.circuit, rows).toarray()
        truth = library.from_numpy(on.astype(np.float32)).to(place)
        found: torch.Tensor = _loss_of(self.loss, self._readings(numbers, rows), truth).sum(dim=1)
        return found

    def _readings(self, numbers: dict[str, torch.Tensor], rows: NDArray[np.int32]) -> torch.Tensor:
        library, place = import_torch("training"), numbers["bias"].device
        sums = self._encoded(rows).to(place) @ numbers["weights"] + numbers["bias"]
        readout = numbers.get("readout")
        if readout is None:
            readout = self._fixed_readout().to(place)
        found: torch.Tensor = library.addmm(numbers["offset"], sums.relu(), readout)
        return found

    def _encoded(self, rows: NDArray[np.int32]) -> torch.Tensor:
        """Return what the encoder makes of inputs, float32 (samples, dimensions)."""
        library = import_torch("training")
        features = len(self.circuit.features)
        # The last column is for pads.
        on = np.zeros((len(rows), features + 1), np.float32)
        on[np.arange(len(rows))[:, None], rows] = 1
        found = on[:, :features] if self.encoder is None else on[:, :features] @ self._code
        encoded: torch.Tensor = library.from_numpy(np.ascontiguousarray(found))
        return encoded

    @property
    def _code(self) -> Any:
        assert self.encoder is not None
        return self.encoder.matrix()

    def _fixed_readout(self) -> torch.Tensor:
        """Return the means over the neurons of every output, float32 (neurons, outputs)."""
        assert self.readout is not None
        means = self.readout.matrix().T.toarray() / np.float32(self.readout.weight)
        found: torch.Tensor = import_torch("training").from_numpy(np.ascontiguousarray(means))
        return found


def _loss_of(name: str, readings: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the loss of every reading, of the shape of the readings."""
    error = readings - truth
    if name == "hinge":
        short: torch.Tensor = _MARGIN - (2 * truth - 1) * (readings - 0.5)
        return short.relu().square()
    if name == "band":
        return (error.abs() - _BAND).relu().square()
    return error.square() if name == "squared" else error.square().square()
