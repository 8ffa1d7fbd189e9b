"""Kinds of sparse codes: how numbers become codes, and what is minimised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import torch

# Tensors by name: `encoder` (inputs, latents), `encoder_bias`, `decoder` (latents, outputs),
# `decoder_bias`, and what a kind adds.
Numbers: TypeAlias = "dict[str, torch.Tensor]"


@dataclass(frozen=True, eq=False)
class Aim:
    """The aim of a step of training.

    Attributes:
        active: The target L0: latents that are on for an input, on average.
        penalty: The weight of what is paid for latents that are on.
        dead: Latents that have not been on for long, bool (latents,).
        step: The number of the step, from 0.
    """

    active: int
    penalty: float
    dead: torch.Tensor
    step: int


class Trained(NamedTuple):
    """The result of a kind for a batch of training.

    Attributes:
        loss: What is minimised.
        codes: The codes, (samples, latents).
        error: What they leave of the targets, (samples, outputs).
    """

    loss: torch.Tensor
    codes: torch.Tensor
    error: torch.Tensor


class Kind(Protocol):
    """A kind of sparse code."""

    @property
    def pays(self) -> bool:
        """True if a penalty, and no count, keeps latents off."""

    @property
    def momentum(self) -> float:
        """The first beta of Adam."""

    def begin(self, numbers: Numbers) -> None:
        """Add the numbers that this kind has besides; those without a slope stay out of descent."""

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return what is minimised, and what the step is judged by."""

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes of inputs after training, (samples, latents)."""


def sums(numbers: Numbers, inputs: torch.Tensor) -> torch.Tensor:
    """Return what the encoder says of every latent, (samples, latents), before any threshold."""
    return numbers["encoder_bias"].addmm(inputs, numbers["encoder"])


def decoded(numbers: Numbers, codes: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    """Return what codes stand for, with what skips them if there is a skip; (samples, outputs)."""
    found = numbers["decoder_bias"].addmm(codes, numbers["decoder"])
    return found + inputs @ numbers["skip"] if "skip" in numbers else found


def missed(error: torch.Tensor) -> torch.Tensor:
    """Return the mean over samples of the squared length of an error."""
    return error.square().sum() / len(error)
