"""The task of training one hidden layer on a circuit: readings R relu(W E f + b) + c near 0 and 1.

f are the features that are on and E is the encoder. W and b are learnt, and so are R and c unless
the readout is fixed. Inputs are drawn as `verify` draws them, of every kind in equal numbers, those
of gates alone among them.
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
from polyseme.learning.twins.losses import losses_and_slopes
from polyseme.verification.inputs import draw_inputs, padded_literals, satisfiable
from polyseme.verification.term_readings import KINDS

if TYPE_CHECKING:
    import torch


# With the start "sparse" a neuron reads each feature with this chance.
_DENSITY = 0.1
STARTS = {
    "normal": "normal weights and biases of 0, where half of the ReLUs are on",
    "sparse": f"a neuron reads a feature with chance {_DENSITY} and is on from two such features",
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
        start: One of `STARTS`, neither of which knows the gates.
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
    start: str
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
            "start": self.start,
            "loss": self.loss,
            "batch": self.batch,
            "hard": self.hard,
        }

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw weights and biases for the start, and small weights of a free readout."""
        begin = self._begin_sparse if self.start == "sparse" else self._begin_normal
        outputs = len(self.circuit.outputs)
        begun = {**begin(generator), "offset": np.zeros(outputs, np.float32)}
        if self.readout is None:
            small = np.float32(1 / self.neurons)
            begun["readout"] = small * generator.standard_normal(
                (self.neurons, outputs), np.float32
            )
        return begun

    def _begin_normal(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw weights such that readings of one feature are about normal; biases are 0."""
        features = len(self.circuit.features)
        reads = features if self.encoder is None else self.encoder.neurons
        spread = np.float32(1 / np.sqrt(1 if self.encoder is None else self.encoder.weight))
        return {
            "weights": spread * generator.standard_normal((reads, self.neurons), np.float32),
            "bias": np.zeros(self.neurons, np.float32),
        }

    def _begin_sparse(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw weights of 0 and 1 and biases of -1, those of universal AND.

        Behind a code, a neuron reads its features where they are written.
        """
        chances = generator.random((len(self.circuit.features), self.neurons), np.float32)
        weights = (chances < _DENSITY).astype(np.float32)
        if self.encoder is not None:
            weights = (self.encoder.matrix().T @ weights) / np.float32(self.encoder.weight)
        return {"weights": weights, "bias": np.full(self.neurons, -1, np.float32)}

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw inputs; leave the slopes of the loss in the gradients, and return the mean loss."""
        library = import_torch("training")
        rows = self._draw(generator)
        if self.hard > 1:
            with library.no_grad():
                each, _ = self._losses(self._readings(numbers, rows), rows)
            rows = rows[each.topk(self.batch).indices.cpu().numpy()]
        readings = self._readings(numbers, rows)
        losses, slopes = self._losses(readings.detach(), rows)
        library.autograd.backward(readings, slopes.div_(len(rows)))
        found: torch.Tensor = losses.mean().reshape(1)
        return found

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Leave the numbers as they are."""

    def _draw(self, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw inputs of every kind, int32 (samples, active)."""
        count, kinds = self.batch * self.hard, (*KINDS, "alone")
        shares = [count // len(kinds) + (place < count % len(kinds)) for place in range(len(kinds))]
        rows = [
            draw_inputs(kind, self.terms, self.active, share, generator)
            for kind, share in zip(KINDS, shares, strict=False)
            if share
        ]
        return np.concatenate([*rows, self._alone(shares[-1], generator)])

    def _alone(self, samples: int, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw gates whose inputs are on and nothing else, each as often as any other.

        All other kinds fill up what is on, and readings are scaled by these.
        """
        chosen = generator.choice(satisfiable(self.terms, self.active), samples)
        plain = padded_literals(self.terms, chosen, 1)
        rows = np.full((samples, min(self.active, self.terms.features)), -1, np.int32)
        rows[:, : plain.shape[1]] = plain
        return rows

    def _losses(
        self, readings: torch.Tensor, rows: NDArray[np.int32]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of every row, the sum over outputs, and its slopes; spoils readings."""
        library = import_torch("training")
        on = evaluate_sparse(self.circuit, rows).tocoo()
        places = library.from_numpy(on.row.astype(np.int64) * on.shape[1] + on.col)
        return losses_and_slopes(self.loss, readings, places.to(readings.device))

    def _readings(self, numbers: dict[str, torch.Tensor], rows: NDArray[np.int32]) -> torch.Tensor:
        library, place = import_torch("training"), numbers["bias"].device
        if self.encoder is None:
            sums = self._summed(numbers["weights"], rows) + numbers["bias"]
        else:
            encoded = library.from_numpy(encoded_rows(self.encoder, rows)).to(place)
            sums = library.addmm(numbers["bias"], encoded, numbers["weights"])
        readout = numbers.get("readout")
        if readout is None:
            readout = self._fixed_readout().to(place)
        found: torch.Tensor = library.addmm(numbers["offset"], sums.relu(), readout)
        return found

    def _summed(self, weights: torch.Tensor, rows: NDArray[np.int32]) -> torch.Tensor:
        """Return the sum of the weights of the features that are on, (samples, neurons)."""
        library = import_torch("training")
        # Pads count for nothing, and read the first row.
        counts = library.from_numpy((rows >= 0).astype(np.float32)).to(weights.device)
        places = library.from_numpy(np.maximum(rows, 0).astype(np.int64)).to(weights.device)
        found: torch.Tensor = library.nn.functional.embedding_bag(
            places, weights, mode="sum", per_sample_weights=counts
        )
        return found

    def _fixed_readout(self) -> torch.Tensor:
        """Return the means over the neurons of every output, float32 (neurons, outputs)."""
        assert self.readout is not None
        means = self.readout.matrix().T.toarray() / np.float32(self.readout.weight)
        found: torch.Tensor = import_torch("training").from_numpy(np.ascontiguousarray(means))
        return found


def encoded_rows(code: SparseCode, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the sum of the codes of the features that are on, float32 (samples, dimensions)."""
    samples, which = np.nonzero(rows >= 0)
    features = rows[samples, which]
    places = samples[:, None] * code.neurons + code.positions[features]
    found = np.bincount(
        places.ravel(), code.signs[features].ravel(), minlength=len(rows) * code.neurons
    )
    return found.reshape(len(rows), code.neurons).astype(np.float32)
