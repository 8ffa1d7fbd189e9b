"""Memorised facts: as many as a multilayer perceptron holds, against its parameters.

Fact i says that key E_i has the value U_i, random unit vectors of d numbers. The network f has one
hidden layer of w ReLUs and answers the value whose product with f(E_i) is the largest. It holds N
facts if training gets 99 % of N right. E and U are given, so the parameters are those of f: 2 w d
weights and w + d biases. A fact is one of N values, and worth log2 N bits.

Beside it, at equal parameters: the *closed form*, a first layer that is random and a second one by
least squares; and *compiled*, the network that `compile` makes for a permutation of N features of
which one is on, whose codes are its own, and which is right on 99 % of them.

Sources: Nichani, Lee and Bietti 2024, *Understanding Factual Recall in Transformers via Associative
Memories*; Dugan et al. 2025, *Constructing Efficient Fact-Storing MLPs for Transformers*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.problems import permutation
from polyseme.common.extras import import_torch
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream, stream
from polyseme.compiler.compile import compile
from polyseme.errors import CapacityError
from polyseme.learning.torch_threads import one_thread
from polyseme.learning.toy_models.toy_figure import Finished, part_of
from polyseme.learning.training.driver import train
from polyseme.learning.training.pace import Pace

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

Reals = NDArray[np.float32]
# Facts are enough if so many are right.
RIGHT = 0.99
# Numbers of facts that are tried grow by this factor; the first holds so many bits per parameter.
_GROWTH, _BITS = 1.06, 1.6
# Of the least squares of the closed form, the share of the largest singular value that counts.
_CONDITION = 1e-6


@dataclass(frozen=True)
class Settings:
    """Sizes; every d with every w / d."""

    embeddings: tuple[int, ...] = (8, 11, 16, 23, 32)
    widths_over_embedding: tuple[int, ...] = (1,)
    steps: int = 2_000
    rate: float = 3e-2
    shrinks: float = 0.01


@dataclass(frozen=True, eq=False)
class Facts:
    """A task of training: N facts, all in every step; the loss is the mean cross entropy.

    Args:
        keys: E, float32 (facts, d), and `values` U of the same shape.
        width: Hidden ReLUs.
        shrinks: Weight decay, a share of the rate.
    """

    keys: Reals
    values: Reals
    width: int
    shrinks: float

    instances = 1

    @property
    def name(self) -> str:
        """The name of the task: its sizes."""
        return f"{len(self.keys)} facts, {self.keys.shape[1]} numbers, {self.width} ReLUs"

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on; keys and values follow from the seed."""
        facts, numbers = self.keys.shape
        return {"facts": facts, "numbers": numbers, "width": self.width, "shrinks": self.shrinks}

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        numbers = int(self.keys.shape[1])
        return 2 * self.width * numbers + self.width + numbers

    def begin(self, generator: np.random.Generator) -> dict[str, Reals]:
        """Draw weights normal, such that sums are about 1; biases are 0."""
        numbers = self.keys.shape[1]
        reads = generator.standard_normal((numbers, self.width), np.float32)
        writes = generator.standard_normal((self.width, numbers), np.float32)
        return {
            "reads": reads,
            "writes": writes / np.float32(np.sqrt(self.width)),
            "bias": np.zeros(self.width, np.float32),
            "offset": np.zeros(numbers, np.float32),
        }

    def descend(
        self, numbers: dict[str, torch.Tensor], generator: np.random.Generator
    ) -> torch.Tensor:
        """Leave the slopes of the loss in the gradients, and return the loss."""
        library, place = import_torch("toy models"), numbers["bias"].device
        wanted = library.arange(len(self.keys), device=place)
        loss = library.nn.functional.cross_entropy(self._scores(numbers), wanted)
        library.autograd.backward(loss)
        found: torch.Tensor = loss.detach().reshape(1)
        return found

    def decay(self, numbers: dict[str, torch.Tensor], rate: float) -> None:
        """Shrink all numbers."""
        for values in numbers.values():
            values.mul_(1 - rate * self.shrinks)

    def right(self, numbers: dict[str, torch.Tensor]) -> float:
        """Return the share of facts that are right."""
        best = self._scores(numbers).argmax(dim=1).cpu().numpy()
        return float((best == np.arange(len(self.keys))).mean())

    def _scores(self, numbers: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the product of every answer with every value, (facts, facts)."""
        library, place = import_torch("toy models"), numbers["bias"].device
        keys, values = (library.from_numpy(one).to(place) for one in (self.keys, self.values))
        hidden = library.addmm(numbers["bias"], keys, numbers["reads"]).relu()
        answers = library.addmm(numbers["offset"], hidden, numbers["writes"])
        scores: torch.Tensor = answers @ values.T
        return scores


def facts(count: int, numbers: int, width: int, seed: int, shrinks: float = 0.0) -> Facts:
    """Draw the keys and values of so many facts."""
    generator = stream(seed, Stream.TRAINING_PROBE, count, numbers)
    drawn = generator.standard_normal((2, count, numbers), np.float32)
    keys, values = drawn / np.linalg.norm(drawn, axis=2, keepdims=True)
    return Facts(keys, values, width, shrinks)


def most(holds: Callable[[int], bool], first: int) -> int:
    """Return the most facts that are held, 0 if none: on a grid that grows by 6 % from `first`.

    It is assumed that whoever holds some facts holds fewer.
    """

    def count(step: int) -> int:
        return max(0, round(first * _GROWTH**step))

    low, high, stride = 0, 0, 1
    if holds(count(0)):
        while holds(count(high := low + stride)):
            low, stride = high, 2 * stride
    else:
        while count(low := high - stride) and not holds(count(low)):
            high, stride = low, 2 * stride
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(count(middle)) else (low, middle)
    return count(low)


def closed_form(task: Facts, seed: int) -> float:
    """Return the share of facts right with a random first layer and least squares behind it."""
    begun = task.begin(stream(seed, Stream.TRAINING_START))
    hidden = np.maximum(task.keys @ begun["reads"], 0)
    hidden = np.concatenate((hidden, np.ones((len(hidden), 1), np.float32)), axis=1)
    answers = hidden @ np.linalg.lstsq(hidden, task.values, rcond=_CONDITION)[0]
    best = (answers @ task.values.T).argmax(axis=1)
    return float((best == np.arange(len(best))).mean())


def compiled(count: int, parameters: int, seed: int) -> float:
    """Return the share of a permutation of `count` that a compiled network of so many gets right.

    It is 0 where no network so small can be compiled.
    """
    # n ReLUs read n numbers, and have a bias each.
    neurons = int((np.sqrt(4 * parameters + 1) - 1) / 2)
    if neurons >= count:
        return 1.0
    circuit = permutation(count, seed=seed)
    try:
        network = compile(circuit, active=1, epsilon=None, neurons=neurons, seed=seed)
    except CapacityError:
        return 0.0
    told = np.asarray(network.run(np.eye(count, dtype=np.int8)))
    alone = np.arange(count, dtype=np.int32)[:, None]
    return float((told == evaluate_sparse(circuit, alone).toarray()).all(axis=1).mean())


def run(settings: Settings, seed: int, state: str | None, device: str) -> Finished:
    """Find the most facts of every size, and fit the power with which they grow."""
    sizes = [(d, d * over) for over in settings.widths_over_embedding for d in settings.embeddings]
    pace = Pace(settings.steps, settings.rate)
    rows, losses = [], [np.zeros(0, np.float32)]
    for numbers, width in sizes:

        def trained(count: int, numbers: int = numbers, width: int = width) -> bool:
            task = facts(count, numbers, width, seed, settings.shrinks)
            place = part_of(state, f"{numbers}.{width}.{count}")
            found = train(
                task,
                pace,
                seed=seed,
                state=place,
                device=device,
                until=lambda now: task.right(now) >= RIGHT,
            )
            losses[0] = found.losses
            library = import_torch("toy models")
            ended = {name: library.from_numpy(values) for name, values in found.numbers.items()}
            with one_thread("training"):
                return task.right(ended) >= RIGHT

        def solved(count: int, numbers: int = numbers, width: int = width) -> bool:
            return closed_form(facts(count, numbers, width, seed), seed) >= RIGHT

        size = facts(1, numbers, width, seed).parameters

        def built(count: int, size: int = size) -> bool:
            return compiled(count, size, seed) >= RIGHT

        begin = _first(size)
        with phase(f"closed form and compiled, {size:,} parameters"):
            found = [most(solved, begin // 8 + 1), most(built, begin // 2)]
        rows.append((numbers, width, size, most(trained, begin), *found))
    table = np.array(rows, np.int64)
    return Finished(_findings(table), {"table": table}, losses[0], settings.steps)


def _first(parameters: int) -> int:
    """Return the number of facts that is tried first."""
    bits = _BITS * parameters
    count = bits
    for _ in range(30):
        count = bits / np.log2(max(count, 2))
    return max(2, int(count))


def _findings(table: NDArray[np.int64]) -> dict[str, Any]:
    parameters, found = table[:, 2], table[:, 3]
    bits = found * np.log2(np.maximum(found, 1))
    return {
        "numbers": table[:, 0].tolist(),
        "width": table[:, 1].tolist(),
        "parameters": parameters.tolist(),
        "facts": found.tolist(),
        "facts_closed_form": table[:, 4].tolist(),
        "facts_compiled": table[:, 5].tolist(),
        "exponent_of_facts": _exponent(parameters, found),
        "exponent_of_bits": _exponent(parameters, bits),
        "bits_per_parameter": (bits / parameters).tolist(),
    }


def _exponent(parameters: NDArray[np.int64], held: NDArray[Any]) -> float | None:
    """Return the power of the parameters with which `held` grows, by least squares of logarithms.

    None where fewer than two sizes hold anything.
    """
    some = held > 0
    if some.sum() < 2:
        return None
    return float(np.polyfit(np.log(parameters[some]), np.log(held[some]), 1)[0])


def draw(canvas: Figure, data: Mapping[str, NDArray[Any]]) -> None:
    """Draw facts, and the bits they are worth per parameter, over parameters."""
    canvas.set_size_inches(10.5, 4.6)
    counts, bits = canvas.subplots(1, 2)
    table = data["table"]
    table = table[np.argsort(table[:, 2], kind="stable")]
    parameters = table[:, 2]
    for column, name in ((3, "trained"), (4, "closed form"), (5, "compiled")):
        some = table[:, column] > 1
        held = table[some, column]
        counts.plot(parameters[some], held, "o-", label=name, markersize=4)
        bits.plot(
            parameters[some],
            held * np.log2(held) / parameters[some],
            "o-",
            label=name,
            markersize=4,
        )
    first = table[0]
    line = first[3] * parameters / first[2]
    counts.plot(parameters, line, color="0.5", linestyle="--", label="in proportion")
    counts.set(xscale="log", yscale="log", xlabel="parameters", title="Facts held")
    bits.set(xscale="log", xlabel="parameters", title="Bits per parameter", ylim=(0, None))
    for axes in (counts, bits):
        axes.set_xticks(parameters, [f"{one:,}" for one in parameters.tolist()])
        axes.set_xticks([], minor=True)
        axes.grid(alpha=0.25)
    counts.legend(frameon=False)
