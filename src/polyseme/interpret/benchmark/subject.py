"""A network as the benchmark puts it before a method: module, inputs and truth."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.gates_of_layers import truth_of
from polyseme.interpret.benchmark.sampler import Draw, Sampler
from polyseme.interpret.benchmark.truth import Truth
from polyseme.networks.exporting.dense import dense_encoder
from polyseme.networks.exporting.to_torch import to_torch
from polyseme.networks.network import Network

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True, eq=False)
class Subject:
    """A network under study.

    Attributes:
        name: Its name in the suite.
        module: The network behind its encoder, a torch module without names: it takes vectors
            (samples, dimensions) and returns (samples, outputs), an output being on at 0 or more.
        code: The vector of every feature, float32 (features, dimensions).
        draw_on: The distribution of its inputs.
        truth: What claims are scored against.
        network: The network that the module was made from, for controls that read it; it may be
            another one than the module, if that was dressed.
    """

    name: str
    module: HookedNetwork
    code: NDArray[np.float32]
    draw_on: Draw
    truth: Truth
    network: Network | None = None

    def sampler(self, seed: int, told: str = "nothing") -> Sampler:
        """Return what a method draws its inputs from."""
        return Sampler(self.draw_on, self.code, seed, told, self.truth.labels)


def subject_of(name: str, network: Network, draw_on: Draw) -> Subject:
    """Return a network as it was compiled, in its own coordinates.

    Raises OptionError for a network without an answer key, and MissingExtraError without torch.
    """
    from polyseme.networks.exporting.torch_modules import HookedNetwork

    children = OrderedDict(to_torch(network).named_children())
    children.pop("encoder")
    code = np.ascontiguousarray(dense_encoder(network).T.astype(np.float32))
    return Subject(name, HookedNetwork(children), code, draw_on, truth_of(network), network)


def uniform(features: int, active: int) -> Draw:
    """Return the distribution of exactly `active` features on, all sets alike."""

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        chosen = np.argsort(generator.random((samples, features)), axis=1)[:, :active]
        chosen.sort(axis=1)
        offsets = np.arange(samples + 1) * active
        ones = np.ones(samples * active, bool)
        return sp.csr_array((ones, chosen.ravel(), offsets), shape=(samples, features))

    return draw
