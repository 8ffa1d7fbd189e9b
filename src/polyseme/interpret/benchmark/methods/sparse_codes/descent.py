"""Descent on a sparse code, of any kind. Importing this file needs torch.

Numbers are shifted and scaled so that targets have mean 0 and a mean squared length of 1, as the
settings of the publications presume; `Code` takes them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.optim.adam import adam

from polyseme.interpret.benchmark.methods.convergence import LITTLE
from polyseme.interpret.benchmark.methods.settled import settled
from polyseme.interpret.benchmark.methods.sparse_codes.kind import Aim, Kind, Numbers, missed

# The rate falls to 0 over this last share of the steps.
_FALL = 0.2
# A latent that was off on all samples of so many steps is dead.
_PATIENCE = 50
# The penalty goes in by degrees over this first share, and follows the target L0 until the rate
# falls: a step changes its logarithm by so much of what the logarithm of L0 is off.
_WARM_UP = 1 / 3
_FOLLOWS = 0.02
_FIRST_PENALTY = 0.05
_PENALTIES = 1e-5, 0.5


@dataclass(frozen=True)
class Scale:
    """The shift and scale of the numbers of a site."""

    mean: torch.Tensor
    length: float

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        """Return the values shifted and scaled."""
        return (values - self.mean) / self.length


def scale_of(values: torch.Tensor) -> Scale:
    """Return the scale at which values have mean 0 and a mean squared length of 1."""
    mean = values.mean(dim=0)
    length = float((values - mean).square().sum(dim=1).mean().sqrt())
    return Scale(mean, length if length > 0 else 1.0)


@dataclass(frozen=True, eq=False)
class Sizes:
    """Sizes of a descent.

    Attributes:
        latents: The number of latents, K.
        active: The target L0.
        steps: Steps of descent.
        rate: The rate of Adam.
        skips: True for a linear map beside the code.
        tied: True to begin with an encoder that is the decoder.
    """

    latents: int
    active: int
    steps: int
    rate: float
    skips: bool = False
    tied: bool = True


@dataclass(frozen=True, eq=False)
class Code:
    """A code that has been learned: from numbers of one site to those of the same or another."""

    kind: Kind
    numbers: Numbers
    reads: Scale
    writes: Scale
    sizes: Sizes
    notes: dict[str, float | bool]

    @torch.no_grad()
    def activity(self, values: torch.Tensor) -> torch.Tensor:
        """Return how far every latent is on, (samples, latents)."""
        return self.kind.code(self.numbers, self.reads(values), self.sizes.active)

    @property
    def directions(self) -> torch.Tensor:
        """Directions that latents write, per unit of activity, (latents, outputs)."""
        return self.numbers["decoder"].detach() * self.writes.length

    @property
    def gates(self) -> torch.Tensor:
        """Directions that latents read, per unit at the site, (inputs, latents)."""
        return self.numbers["encoder"].detach() / self.reads.length


class Adam:
    """Adam, without what torch's own does around every step, which takes longer than the step.

    Args:
        learned: The numbers that descend.
        momentum: The first beta; the second is .999.
    """

    def __init__(self, learned: list[torch.Tensor], momentum: float) -> None:
        """Begin with averages of 0."""
        self.learned, self.momentum = learned, momentum
        self.means = [torch.zeros_like(one) for one in learned]
        self.squares = [torch.zeros_like(one) for one in learned]
        self.steps = [torch.zeros(()) for _ in learned]

    def step(self, rate: float) -> None:
        """Make one step down the slopes, and forget them."""
        adam(
            self.learned,
            [one.grad for one in self.learned if one.grad is not None],
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=self.momentum,
            beta2=0.999,
            lr=rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        for one in self.learned:
            one.grad = None


class Descent:
    """The descent on one code, a step at a time.

    Args:
        kind: The kind of code.
        sizes: Its sizes.
        reads: Values that the code reads, of a first batch, (samples, inputs).
        writes: Values that it should give, (samples, outputs).
        generator: The random numbers of the start.
    """

    def __init__(
        self,
        kind: Kind,
        sizes: Sizes,
        reads: torch.Tensor,
        writes: torch.Tensor,
        generator: np.random.Generator,
    ) -> None:
        """Begin with random unit vectors as decoder, and as encoder where it is not tied."""
        self.kind, self.sizes = kind, sizes
        self.reads, self.writes = scale_of(reads), scale_of(writes)
        decoder = _unit_rows(sizes.latents, writes.shape[1], generator)
        encoder = decoder if sizes.tied else _unit_rows(sizes.latents, reads.shape[1], generator)
        self.numbers: Numbers = {
            "encoder": encoder.T.contiguous().requires_grad_(),
            "encoder_bias": torch.zeros(sizes.latents, requires_grad=True),
            "decoder": decoder.clone().requires_grad_(),
            "decoder_bias": torch.zeros(writes.shape[1], requires_grad=True),
        }
        if sizes.skips:
            self.numbers["skip"] = torch.zeros(reads.shape[1], writes.shape[1], requires_grad=True)
        kind.begin(self.numbers)
        self.adam = Adam([one for one in self.numbers.values() if one.requires_grad], kind.momentum)
        self.silent = torch.zeros(sizes.latents, dtype=torch.int64)
        self.penalty = _FIRST_PENALTY
        self.misses: list[float] = []
        self.counts: list[float] = []

    def step(self, reads: torch.Tensor, writes: torch.Tensor) -> None:
        """Make one step, on values (samples, inputs) and (samples, outputs)."""
        step = len(self.misses)
        done = step / self.sizes.steps
        inputs = self.reads(reads)
        targets = inputs if writes is reads else self.writes(writes)
        penalty = self.penalty * min(1.0, done / _WARM_UP)
        aim = Aim(self.sizes.active, penalty, self.silent > _PATIENCE, step)
        trained = self.kind.train(self.numbers, inputs, targets, aim)
        torch.autograd.backward(trained.loss)
        with torch.no_grad():
            _stay_unit(self.numbers["decoder"])
            self.adam.step(self.sizes.rate * min(1.0, (1 - done) / _FALL))
            decoder = self.numbers["decoder"]
            decoder /= torch.linalg.vector_norm(decoder, dim=1, keepdim=True)
            self.silent.add_(1).masked_fill_(trained.codes.amax(dim=0) > 0, 0)
            count = float((trained.codes > 0).sum()) / len(trained.codes)
            if self.kind.pays and done < 1 - _FALL:
                self._follow(count)
            self.counts.append(count)
            self.misses.append(float(missed(trained.error)))

    def _follow(self, count: float) -> None:
        """Raise the penalty where more latents are on than should be, and lower it else."""
        off = np.clip(np.log((count + 0.1) / (self.sizes.active + 0.1)), -1, 1)
        self.penalty = float(np.clip(self.penalty * np.exp(_FOLLOWS * off), *_PENALTIES))

    def code(self) -> Code:
        """Return the code as it now is, with what there is to report."""
        last = max(1, len(self.misses) // 5)
        missing = float(np.mean(self.misses[-last:]))
        return Code(
            self.kind,
            {name: tensor.detach() for name, tensor in self.numbers.items()},
            self.reads,
            self.writes,
            self.sizes,
            {
                "converged": settled(self.misses) or missing < LITTLE,
                "loss": missing,
                "l0": float(np.mean(self.counts[-last:])),
                "target_l0": float(self.sizes.active),
                "dead": float((self.silent > _PATIENCE).float().mean()),
            },
        )


def _unit_rows(rows: int, columns: int, generator: np.random.Generator) -> torch.Tensor:
    drawn = torch.from_numpy(generator.standard_normal((rows, columns), np.float32))
    unit: torch.Tensor = drawn / drawn.norm(dim=1, keepdim=True)
    return unit


def _stay_unit(decoder: torch.Tensor) -> None:
    """Take from the slope of every row what would change its length."""
    if decoder.grad is not None:
        along = (decoder.grad * decoder).sum(dim=1, keepdim=True)
        decoder.grad.addcmul_(along, decoder, value=-1)
