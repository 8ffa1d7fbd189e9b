"""All wrong inputs of one feature out of a few, such as a relation, and any two others.

A table of facts is asked for one relation of two subjects. Running them all takes long: 7,884
airports and four relations make 124 million. For each case of an output (`cases.py`) and each
relation, scores of single subjects bound what may be wrong, and only the pairs that the bound
leaves are computed (`branch_and_bound/pairs.py`). So the count is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.common.arguments import shown_value
from polyseme.common.parallel import in_order
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.network import Network
from polyseme.proving.branch_and_bound.deciding import edges
from polyseme.proving.branch_and_bound.pairs import PairSearch, pair_search_for, sets_beyond
from polyseme.proving.branch_and_bound.relus import OfOutput, Relus
from polyseme.proving.cases import Cases, cases_of
from polyseme.verification.sampling import circuit_of, wrong_samples

# Features on in each of the inputs.
_ON = 3
# Wrong inputs that are listed, at most.
MOST_LISTED = 20_000_000
# Outputs in one piece of work.
_OUTPUTS = 32


@dataclass(frozen=True, eq=False)
class WrongPairs:
    """The inputs of one feature out of a few and any two others on which any output is wrong.

    Attributes:
        inputs: Number of inputs that the count is about.
        listed: The features on in every wrong input, int32 (wrong, 3): the two, the lower first,
            and the one beside them. Every one of them was run.
        features: Names of the features.
        beside: Names of those of which one was on.
    """

    inputs: int
    listed: NDArray[np.int32]
    features: Names
    beside: tuple[str, ...]

    @property
    def wrong(self) -> int:
        """Exact number of wrong inputs."""
        return len(self.listed)

    def names(self, most: int | None = None) -> list[tuple[str, ...]]:
        """Return the names of the features on in the first `most` wrong inputs, or in all."""
        return [tuple(self.features[int(place)] for place in row) for row in self.listed[:most]]

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        return (
            f"{self.wrong:,} of all {self.inputs:,} inputs of two features and one of "
            f"{len(self.beside):,} gave any wrong output"
        )


def wrong_pairs(
    network: Network,
    circuit: Circuit | None = None,
    *,
    beside: Sequence[str],
    progress: Watcher = None,
) -> WrongPairs:
    """Return all inputs of one of the named features and any two others that are wrong.

    Of a table of facts these are the questions about two subjects at once, if `beside` names the
    relations. The count is exact; every input that is listed was run, and is wrong.

    Args:
        network: A network of one hidden layer of ReLUs or clipped units.
        circuit: The circuit to compare with, whose outputs are ORs of ANDs; by default that of the
            answer key.
        beside: Names of the features of which one is on, such as the relations of a table. The two
            others are none of them.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The number of such inputs, and the wrong ones.

    Raises:
        OptionError: There is no circuit, or the network or the circuit is none of those served;
            `beside` is empty, names a feature twice, or leaves fewer than two others.
        SourceError: A name of `beside` is no feature.
        CapacityError: A reading may be too large for float32, an output has too many cases, or more
            than 20,000,000 inputs are wrong.

    Example:
        >>> import polyseme as ps
        >>> capitals = {"France": "Paris", "Bolivia": "Sucre", "Japan": "Tokyo", "Peru": "Lima"}
        >>> circuit = ps.problems.facts({name: {"capital": of} for name, of in capitals.items()})
        >>> network = ps.compile(circuit, construction="monosemantic", active=3)
        >>> print(ps.wrong_pairs(network, beside=["capital"]))
        0 of all 6 inputs of two features and one of 1 gave any wrong output
    """
    compared = circuit_of(network, circuit)
    given = _given(compared.features, beside)
    with watched(progress):
        with phase("what units read"):
            relus = Relus.of(network, _ON)
            cases = cases_of(compared, _ON)
        if len(cases.undecided):
            name = compared.output_names[int(cases.undecided[0])]
            raise CapacityError(f"output {name!r} has too many cases for an exact count")
        with phase("pairs") as step:
            listed = np.zeros(0, np.int64)
            for done, found in _Pairs(relus, cases, given).in_pieces():
                listed = np.union1d(listed, found)
                if len(listed) > MOST_LISTED:
                    raise CapacityError(
                        f"more than {MOST_LISTED:,} inputs are wrong, and so many are not listed"
                    )
                step(done, cases.outputs)
        rows = _rows(listed, len(compared.features))
        with phase("running the wrong inputs") as step:
            if len(rows) and not wrong_samples(network, compared, rows, step).all():
                raise AssertionError("an input that was found to be wrong is right when run")
    others = len(compared.features) - len(given)
    inputs = len(given) * (others * (others - 1) // 2)
    names = tuple(compared.features[int(feature)] for feature in given)
    return WrongPairs(inputs, rows, compared.features, names)


def _given(features: Names, beside: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of the named features, in order."""
    if isinstance(beside, str) or not isinstance(beside, Sequence):
        raise OptionError(f"beside must be a list of feature names, not {shown_value(beside)}")
    given = np.sort(np.array([features.position(name) for name in beside], np.int64))
    if not len(given):
        raise OptionError("beside names no feature; one of those that it names is on")
    twice = given[1:][np.diff(given) == 0]
    if len(twice):
        raise OptionError(f"beside names the feature {features[int(twice[0])]!r} twice")
    if len(features) - len(given) < 2:
        raise OptionError("beside leaves fewer than two features to be paired")
    return given


@dataclass(frozen=True, eq=False)
class _Pairs:
    """The wrong inputs of every output; an input is a number, of which `_rows` makes features."""

    relus: Relus
    cases: Cases
    beside: NDArray[np.int64]

    def in_pieces(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield the wrong inputs of some outputs, and the number of outputs done."""
        features = self.relus.reads.shape[1]
        run = pair_search_for(2 * len(self.relus.unit) * len(self.beside) * features)
        edge, first = edges(self.relus), self.cases.first

        def piece(begin: int) -> tuple[int, NDArray[np.int64]]:
            end, found = min(begin + _OUTPUTS, self.cases.outputs), [np.zeros(0, np.int64)]
            for output in range(begin, end):
                read = self.relus.of_output(output)
                for case in range(int(first[output]), int(first[output + 1])):
                    found += self._in_case(run, read, case, int(edge[output]))
            return end, np.unique(np.concatenate(found))

        return in_order(piece, range(0, self.cases.outputs, _OUTPUTS))

    def _in_case(
        self, run: PairSearch, read: OfOutput, case: int, edge: int
    ) -> Iterator[NDArray[np.int64]]:
        """Yield the wrong inputs of one case of an output, for each feature beside them."""
        features = self.relus.reads.shape[1]
        on, off = self.cases.fixed(case)
        is_beside = np.isin(on, self.beside)
        named, pair = on[is_beside], on[~is_beside]
        if len(named) > 1 or len(pair) > 2:
            return
        free = np.ones(features, bool)
        free[self.beside] = free[on] = free[off] = False
        candidates = np.flatnonzero(free)
        # An output that must be on is wrong below the edge, and any other from the edge on.
        sign, least = (-1, -edge) if self.cases.must_be_on[case] else (1, edge - 1)
        for feature in np.setdiff1d(named if len(named) else self.beside, off):
            sums = read.bias + read.reads[:, np.append(pair, feature)].sum(axis=1, dtype=np.int64)
            found = sets_beyond(
                run,
                (read.reads, read.lowest),
                sums,
                sign * read.weight,
                candidates,
                2 - len(pair),
                least,
            )
            whole = np.sort(np.hstack((found, np.tile(pair, (len(found), 1)))), axis=1)
            yield (feature * features + whole[:, 0]) * features + whole[:, 1]


def _rows(numbers: NDArray[np.int64], features: int) -> NDArray[np.int32]:
    """Return the features of inputs by their numbers, int32 (inputs, 3)."""
    beside, pairs = np.divmod(numbers, features * features)
    return np.stack((*np.divmod(pairs, features), beside), axis=1).astype(np.int32)
