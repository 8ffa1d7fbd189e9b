"""The sparsity promise where none is given, and the rule that every promise keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.described import is_facts
from polyseme.common.arguments import shown_value, whole_number
from polyseme.errors import OptionError

# Three features on: two inputs of a gate, and one that may disturb it.
_MOST = 3
# What a question to a table of facts switches on: a subject and a relation.
_QUERY = 2


@dataclass(frozen=True)
class Promise:
    """The largest number of features on at once and, if it was not given, why it is that."""

    active: int
    reason: str = ""


def promise_for(circuit: Circuit, active: int | None) -> Promise:
    """Return the promise asked for, or the one that suits a circuit.

    Raises OptionError if it is not from 1 to the number of features.
    """
    features = len(circuit.features)
    if active is not None:
        return Promise(check_promise(active, features))
    if is_facts(circuit.name):
        return Promise(min(_QUERY, features), "a query switches on a subject and a relation")
    if circuit.name.partition(":")[0] == "hops":
        return Promise(min(_QUERY, features), "a query switches on a subject and a chain")
    if features < _MOST:
        return Promise(features, "there are no more features")
    return Promise(_MOST, "the default")


def check_promise(active: Any, features: int) -> int:
    """Return a number of features on at once; raise OptionError unless it is 1 to all there are."""
    if not 1 <= whole_number("active", active) <= features:
        raise OptionError(
            f"active is {shown_value(active)}; it must be 1 to the {features} features there are"
        )
    return int(active)
