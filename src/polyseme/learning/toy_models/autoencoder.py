"""The toy model: x' = act(D^T E x + b) of sparse x, many instances trained at once.

E (hidden, features) encodes and D decodes; they are one matrix W where the decoder is tied. Loss:
the mean over samples and features of importance times (x - x')^2.

Source: Elhage et al. 2022, *Toy Models of Superposition*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.errors import OptionError
from polyseme.learning.toy_models.sparse_values import SparseValues

if TYPE_CHECKING:
    import torch

_ENCODER, _DECODER, _BIAS = "encoder", "decoder", "bias"


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """A task of training (`learning/training/task.py`): toy models, an instance per density.

    Args:
        name: The name of the task.
        hidden: Numbers that the features are squeezed into.
        importance: The weight of each feature's error, float32 (features,) or (instances,
            features).
        values: The distribution of the features.
        batch: Samples per step.
        tied: True if decoder and encoder are one matrix.
        relu: True if the output goes through a ReLU; False for a linear model.
        shrinks: Weight decay, a share of the rate by which matrices shrink.

    Raises:
        OptionError: A number is out of range.
    """

    name: str
    hidden: int
    importance: NDArray[np.float32]
    values: SparseValues
    batch: int
    tied: bool = True
    relu: bool = True
    shrinks: float = 0.01

    def __post_init__(self) -> None:
        """Check sizes."""
        if self.hidden < 1 or self.batch < 1:
            raise OptionError(f"{self.hidden} hidden numbers, {self.batch} samples: both must be 1")
        if self.importance.shape[-1] != self.values.features:
            raise OptionError(
                f"{self.importance.shape[-1]} importances for {self.values.features} features"
            )

    @property
    def instances(self) -> int:
        """Number of densities."""
        return len(self.values.density)

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on."""
        return {
            "hidden": self.hidden,
            "importance": self.importance.ravel().tolist(),
            "batch": self.batch,
            "tied": self.tied,
            "relu": self.relu,
            "shrinks": self.shrinks,
            **self.values.described,
        }

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw matrices by the rule of Xavier (Glorot and Bengio 2010), normal; biases are 0."""
        shape = (len(self.values.density), self.hidden, self.values.features)
        spread = np.float32(np.sqrt(2 / (self.hidden + self.values.features)))
        names = (_ENCODER,) if self.tied else (_ENCODER, _DECODER)
        drawn = {name: spread * generator.standard_normal(shape, np.float32) for name in names}
        return {**drawn, _BIAS: np.zeros((shape[0], 1, shape[2]), np.float32)}

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Draw samples; leave the slopes of the loss in the gradients, and return the losses."""
        library = import_torch("toy models")
        samples = library.from_numpy(self.values.draw(self.batch, generator))
        importance = library.from_numpy(np.atleast_2d(self.importance))[:, None, :]
        return reconstruct(numbers, samples, importance, self.relu)

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Shrink the matrices."""
        for name in numbers:
            if name != _BIAS:
                numbers[name].mul_(1 - rate * self.shrinks)


def reconstruct(
    numbers: dict[str, torch.Tensor], samples: torch.Tensor, importance: torch.Tensor, relu: bool
) -> torch.Tensor:
    """Return the losses of reconstructing samples, and leave their slopes in the gradients.

    Slopes are written out, which takes half the time of torch's own.

    Args:
        numbers: Encoder (instances, hidden, features), decoder unless tied, and bias (instances, 1,
            features).
        samples: (instances, samples, features), or without the first dimension where all instances
            are given the same.
        importance: Weights of errors, of a shape that goes with those of the samples.
        relu: True if outputs go through a ReLU.
    """
    library = import_torch("toy models")
    place = numbers[_BIAS].device
    samples, importance = samples.to(place), importance.to(place)
    with library.no_grad():
        encoder, bias = numbers[_ENCODER], numbers[_BIAS]
        decoder = numbers.get(_DECODER, encoder)
        hidden = samples @ encoder.mT
        outputs = library.baddbmm(bias, hidden, decoder)
        if relu:
            outputs.relu_()
        error = outputs - samples
        slope = error * importance
        losses = (error * slope).mean(dim=(1, 2))
        slope *= 2 / (samples.shape[-2] * samples.shape[-1])
        if relu:
            slope *= outputs > 0
        bias.grad = slope.sum(dim=1, keepdim=True)
        of_decoder = hidden.mT @ slope
        of_encoder = (slope @ decoder.mT).mT @ samples
        if _DECODER in numbers:
            encoder.grad, numbers[_DECODER].grad = of_encoder, of_decoder
        else:
            encoder.grad = of_encoder + of_decoder
        found: torch.Tensor = losses
        return found
