"""The matrices of a network, whatever modules it is made of: what is linear between two sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.methods.feature_claims import Floats
from polyseme.interpret.benchmark.methods.replaced import at_site

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def answered(
    network: HookedNetwork, dimensions: int, site: str, numbers: Floats, at: str
) -> Floats:
    """Return the numbers at a later site if some stand at an earlier one, (samples, width).

    Args:
        network: The network.
        dimensions: Numbers of a vector that it takes.
        site: The earlier site.
        numbers: What stands there, float32 (samples, width of it).
        at: The later site.
    """
    torch = import_torch("bench")
    vectors = torch.zeros(len(numbers), dimensions)
    with torch.no_grad():
        there = torch.from_numpy(np.ascontiguousarray(numbers, np.float32))
        found = at_site(network, vectors, at, replaced=site, numbers=there)
    return np.asarray(found.numpy(), np.float32)


def reads_of(network: HookedNetwork, dimensions: int, site: str) -> tuple[Floats, Floats]:
    """Return the matrix that reads a site, and its biases, float32 (sums, width) and (sums,).

    It is that of the next layer, or of the readout.
    """
    following = network.sites[network.sites.index(site) + 1]
    return affine_between(network, dimensions, site, following)


def writes_of(network: HookedNetwork, dimensions: int, below: str, site: str) -> Floats:
    """Return what every number of a layer reads of the site below, before it bends.

    The result is float32 (width of the layer, width below). Numbers that the layer carries come
    behind its units, and read what they carry.
    """
    before = site.replace("hook_post", "hook_pre")
    units = affine_between(network, dimensions, below, before)[0]
    carried = affine_between(network, dimensions, below, site)[0][len(units) :]
    return np.concatenate((units, carried))


def affine_between(
    network: HookedNetwork, dimensions: int, site: str, at: str
) -> tuple[Floats, Floats]:
    """Return the matrix and the constant of what is affine between two sites.

    Args:
        network: The network.
        dimensions: Numbers of a vector that it takes.
        site: The earlier site.
        at: The later site.
    """
    width = _width(network, dimensions, site)
    numbers = np.concatenate((np.zeros((1, width)), np.eye(width))).astype(np.float32)
    found = answered(network, dimensions, site, numbers, at)
    return np.ascontiguousarray((found[1:] - found[0]).T), found[0]


def _width(network: HookedNetwork, dimensions: int, site: str) -> int:
    torch = import_torch("bench")
    with torch.no_grad():
        return int(at_site(network, torch.zeros(1, dimensions), site).shape[1])
