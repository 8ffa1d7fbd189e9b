"""Methods as the benchmark knows them: a function, and what it must be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.sampler import TOLD, Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True)
class Budget:
    """The samples, readings and seed of a fit, printed beside every result.

    Attributes:
        samples: Inputs that may be drawn in all, as batches.
        batch: Inputs of a batch.
        readings: Readings to claim, by site: K.
        seed: The seed of the method's own random numbers.
    """

    samples: int
    batch: int
    readings: Mapping[str, int]
    seed: int

    @property
    def steps(self) -> int:
        """Batches that may be drawn."""
        return max(1, self.samples // self.batch)


# A method: the network as a torch module with `sites` and `run_with_cache`, without names or key;
# its inputs; and what it may spend.
Fit: TypeAlias = "Callable[[HookedNetwork, Sampler, Budget], Claims]"


@dataclass(frozen=True)
class Method:
    """A method of the benchmark.

    Args:
        name: The name by which it is asked for.
        fit: The function.
        family: The kind of method, for the table.
        told: How much it must be told, one of `TOLD`.
        source: The paper that it is from.
        settings: Its settings by name, as they are printed.
        most_features: The most features of networks that it is run on; None for any.
    """

    name: str
    fit: Fit
    family: str
    told: str = "nothing"
    source: str = ""
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    most_features: int | None = None

    def __post_init__(self) -> None:
        """Check what it is told."""
        if self.told not in TOLD:
            raise OptionError(f"told is {self.told[:40]!r}; it must be one of {', '.join(TOLD)}")
