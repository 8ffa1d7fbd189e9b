"""Dressings: the same network in other coordinates, so that plain integer codes give nothing away.

A dressing changes module and truth alike. It does not change what the network decides, but for
`noise`, which hardly does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.subject import Subject
from polyseme.interpret.benchmark.truth import Truth
from polyseme.networks import sites

if TYPE_CHECKING:
    import torch

Reals = NDArray[np.float32]

# Weights are rescaled from 1/2 to 2, and noise is a hundredth of a layer's root mean square.
_SCALES = 2.0
_NOISE = 0.01


def dressed(subject: Subject, name: str) -> Subject:
    """Return a subject in a dressing.

    Args:
        subject: The subject in its own coordinates.
        name: "raw", "permuted" (units of every hidden layer in random order, each ReLU rescaled by
            a positive number that the next layer undoes), "rotated" (permuted, and the vectors
            that the first layer reads turned at random), "noise" (every weight of a hidden layer
            changed by normal noise of 1 % of the root mean square of the layer's weights) or
            "shuffled" (the weights of every hidden layer in random order: no network any more).

    Raises:
        OptionError: There is no such dressing, or vectors cannot be turned because numbers of them
            pass the first layer.
    """
    if name not in _DRESSINGS:
        raise OptionError(
            f"no dressing is named {name[:40]!r}; there are {', '.join(_DRESSINGS)}"
            f"{did_you_mean(name, _DRESSINGS)}"
        )
    module = deepcopy(subject.module)
    made = _DRESSINGS[name](replace(subject, module=module), _generator(name))
    return replace(made, name=subject.name if name == "raw" else f"{subject.name}+{name}")


def dressings() -> tuple[str, ...]:
    """Return the names of the dressings."""
    return tuple(_DRESSINGS)


def _generator(name: str) -> np.random.Generator:
    return stream(0, Stream.BENCH_DRESSING, list(_DRESSINGS).index(name))


def _raw(subject: Subject, generator: np.random.Generator) -> Subject:
    return subject


@dataclass(frozen=True)
class _Moved:
    """Places of the numbers of a site: new number i is number `order[i]` times `scale[i]`."""

    order: NDArray[np.int64]
    scale: Reals

    def of_directions(self, directions: Reals) -> Reals:
        return directions[:, self.order] * self.scale

    @property
    def place(self) -> NDArray[np.int64]:
        """The new number of every old one."""
        return np.argsort(self.order)


def _permuted(subject: Subject, generator: np.random.Generator) -> Subject:
    """Move and rescale the units of every hidden layer; numbers that are carried keep their place.

    A unit that is clipped or squared keeps its scale.
    """
    below = _Moved(np.arange(subject.code.shape[1]), np.ones(subject.code.shape[1], np.float32))
    changes: dict[str, Callable[[Reals], Reals]] = {}
    for number, layer in enumerate(_layers(subject.module)):
        below = _move_layer(layer, below, generator)
        changes[sites.post(number)] = below.of_directions
    readout = subject.module.get_submodule("readout")
    _set(readout, "weight", _get(readout, "weight")[:, below.order] / below.scale)
    return replace(subject, truth=_changed(subject.truth, changes))


def _move_layer(layer: Any, below: _Moved, generator: np.random.Generator) -> _Moved:
    """Move the units of one layer, which reads numbers that were moved; return where they went."""
    weights, bias = _get(layer.linear, "weight"), _get(layer.linear, "bias")
    units = len(weights)
    order = generator.permutation(units)
    scale = np.ones(units, np.float32)
    if isinstance(layer.activation, import_torch("bench").nn.ReLU):
        scale = (_SCALES ** generator.uniform(-1, 1, units)).astype(np.float32)
    moved = weights[:, below.order] / below.scale
    _set(layer.linear, "weight", moved[order] * scale[:, None])
    _set(layer.linear, "bias", bias[order] * scale)
    carried = getattr(layer, "carried", None)
    if carried is None:
        return _Moved(order, scale)
    torch = import_torch("bench")
    places = below.place[carried.numpy()]
    layer.carried.copy_(torch.from_numpy(places))
    passed = np.arange(units, units + len(places))
    return _Moved(np.concatenate((order, passed)), np.concatenate((scale, below.scale[places])))


def _rotated(subject: Subject, generator: np.random.Generator) -> Subject:
    """Turn the vectors that the first layer reads, and permute the units."""
    first = _layers(subject.module)[0]
    if getattr(first, "carried", None) is not None:
        raise OptionError(f"{subject.name}: vectors that pass the first layer cannot be turned")
    size = subject.code.shape[1]
    turn = np.linalg.qr(generator.standard_normal((size, size)))[0].astype(np.float32)
    _set(first.linear, "weight", _get(first.linear, "weight") @ turn)
    truth = _changed(subject.truth, {sites.EMBED: lambda directions: directions @ turn})
    return _permuted(replace(subject, code=subject.code @ turn, truth=truth), generator)


def _noisy(subject: Subject, generator: np.random.Generator) -> Subject:
    for layer in _layers(subject.module):
        weights = _get(layer.linear, "weight")
        size = _NOISE * float(np.sqrt(np.mean(np.square(weights))))
        noise = generator.standard_normal(weights.shape).astype(np.float32)
        _set(layer.linear, "weight", weights + np.float32(size) * noise)
    return subject


def _shuffled(subject: Subject, generator: np.random.Generator) -> Subject:
    for layer in _layers(subject.module):
        weights = _get(layer.linear, "weight")
        _set(layer.linear, "weight", generator.permutation(weights.ravel()).reshape(weights.shape))
    return subject


_DRESSINGS: Mapping[str, Callable[[Subject, np.random.Generator], Subject]] = {
    "raw": _raw,
    "permuted": _permuted,
    "rotated": _rotated,
    "noise": _noisy,
    "shuffled": _shuffled,
}


def _layers(module: torch.nn.Module) -> list[Any]:
    return list(module.get_submodule("layers").children())


def _get(module: Any, name: str) -> Reals:
    return np.asarray(getattr(module, name).detach().numpy(), np.float32)


def _set(module: Any, name: str, value: NDArray[Any]) -> None:
    torch = import_torch("bench")
    whole = np.ascontiguousarray(value, np.float32)
    setattr(module, name, torch.nn.Parameter(torch.from_numpy(whole)))


def _changed(truth: Truth, changes: Mapping[str, Callable[[Reals], Reals]]) -> Truth:
    """Return a truth whose directions at some sites are changed, and of length 1 again."""
    found = dict(truth.sites)
    for site, change in changes.items():
        if site in found:
            directions = change(found[site].directions)
            lengths = np.linalg.norm(directions, axis=1, keepdims=True)
            whole = np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 0)
            found[site] = replace(found[site], directions=whole)
    return replace(truth, sites=found)
