"""The constructions there are, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyseme.common.arguments import shown_value
from polyseme.common.literature import PUBLICATIONS, Publication
from polyseme.common.suggestions import did_you_mean
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction
from polyseme.errors import OptionError


@dataclass(frozen=True)
class ConstructionRecord:
    """A construction and the theorem that it rests on.

    Attributes:
        name: Its name for the `construction` of `polyseme.compile`.
        problem: The circuits that it serves, in words.
        inputs: "basis", "superposed" or "either": how features reach the first layer.
        neurons: Neurons as a formula, constant included.
        exponent: The power of the number of gates by which neurons grow, logarithms aside.
        error: When its networks err, in words.
        assumptions: Assumptions of the theorem, in words.
        sources: Where it was published.
    """

    name: str
    problem: str
    inputs: str
    neurons: str
    exponent: float
    error: str
    assumptions: tuple[str, ...]
    sources: tuple[Publication, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain numbers, lists and text; sources by their short names."""
        return {
            "name": self.name,
            "problem": self.problem,
            "inputs": self.inputs,
            "neurons": self.neurons,
            "exponent": self.exponent,
            "error": self.error,
            "assumptions": list(self.assumptions),
            "sources": [source.short for source in self.sources],
        }


def constructions(name: str | None = None) -> tuple[ConstructionRecord, ...]:
    """Return a record for every construction, or for the one named.

    Args:
        name: A construction; None for all.

    Returns:
        One record per construction: its law and the theorem behind it.

    Raises:
        OptionError: There is no construction of that name.

    Example:
        >>> import polyseme as ps
        >>> [record] = ps.constructions("quadratic")
        >>> record.neurons
        'r (r + 1)/2 squares, r ~ s log(m/error); published r^2, m < exp(eps^2 r/2)'
    """
    if name is None:
        return tuple(_record(one) for one in CATALOGUE.values())
    if not isinstance(name, str) or name not in CATALOGUE:
        raise OptionError(
            f"no construction named {shown_value(name)}; there are {', '.join(CATALOGUE)}"
            f"{did_you_mean(name, CATALOGUE)}"
        )
    return (_record(CATALOGUE[name]),)


def _record(construction: Construction[Any]) -> ConstructionRecord:
    return ConstructionRecord(
        name=construction.name,
        problem=construction.problem,
        inputs=construction.inputs.value,
        neurons=construction.law,
        exponent=construction.exponent,
        error=construction.error,
        assumptions=construction.assumptions,
        sources=tuple(PUBLICATIONS[key] for key in construction.sources),
    )
