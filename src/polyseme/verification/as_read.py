"""References that simulate a source as it was read, by code that compiling does not use."""

from __future__ import annotations

import os

from polyseme.circuits.logic_files import netlist_as_read
from polyseme.circuits.sources import read
from polyseme.verification.independent import independent_reference
from polyseme.verification.reference import Reference


def reference_as_read(source: str | os.PathLike[str]) -> Reference:
    """Return an evaluator of a source that shares no code with compiling.

    It simulates the logic of a file as an AIG (ANDs of two inputs), before polarities are chosen.

    Args:
        source: A path or a problem, as for `polyseme.read`.

    Returns:
        What the `reference` of `polyseme.verify` takes.

    Raises:
        SourceError: The source breaks a rule.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.read("and2:features=20,gates=10")
        >>> reference = ps.reference_as_read("and2:features=20,gates=10")
        >>> ps.verify(ps.compile(circuit), circuit, samples=500, reference=reference).wrong
        0
    """
    circuit = read(source)
    return independent_reference(netlist_as_read(source, circuit))
