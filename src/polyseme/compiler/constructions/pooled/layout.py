"""Pass 2: how many units each codeword takes, given the load that a unit may have.

The *load* of a unit is the number of its members, from which its noise follows. A word of few
members gets a code on units that it shares with others of its pool; a word of many gets units of
its own, among which its members are dealt. It gets those where its code would cost as much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.affine import fewest_places
from polyseme.compiler.constructions.pooled.pools import OPEN, Pools
from polyseme.errors import TooFewNeuronsError

# The units of a code bear so much more load than others, because words average them.
_CODED_LOAD = 1.2
_LEAST_LOAD, _ROUNDS = 1.0, 40


@dataclass(frozen=True, eq=False)
class Layout:
    """The units of every word that has its own, and the code of every pool.

    Shapes: `own` int64 (words,) is 0 for words in a code; `places` int64 (pools,) are the values
    per place of the code, 0 for pools without one. `load` is that of words with their own units.
    """

    pools: Pools
    load: float
    own: NDArray[np.int64]
    places: NDArray[np.int64]

    @property
    def neurons(self) -> int:
        """Number of units."""
        return int(self.own.sum() + (self.places * self.pools.weight).sum())


def layout_of_load(pools: Pools, load: float) -> Layout:
    """Return the layout in which units bear a load."""
    coded = pools.weight[pools.pool] * pools.size < _CODED_LOAD * load
    words = np.bincount(pools.pool[coded], minlength=len(pools.owners))
    reads = np.bincount(pools.pool, pools.size * coded, len(pools.owners))
    least = np.maximum(np.ceil(reads / (_CODED_LOAD * load)), pools.fewest_places).astype(np.int64)
    places = np.array([
        fewest_places(count, weight, fewest) if count else 0
        for count, weight, fewest in zip(
            words.tolist(), pools.weight.tolist(), least.tolist(), strict=True
        )
    ])  # fmt: skip
    # The two inputs of an AND in the open pool meet on one unit.
    is_open = (pools.owners == OPEN)[pools.pool]
    own = np.where(is_open, 1, np.ceil(pools.size / load)).astype(np.int64)
    pays = places * pools.weight < np.bincount(pools.pool, own * coded, len(words))
    return Layout(
        pools,
        load,
        np.where(coded & pays[pools.pool], 0, own),
        np.where(pays, places, 0),
    )


def layout_for(pools: Pools, neurons: int) -> Layout:
    """Return the layout of least load on at most so many neurons.

    Raises:
        TooFewNeuronsError: There is none.
    """
    found = _bisected(pools, lambda layout: layout.neurons <= neurons, rising=False)
    if found is None:
        raise TooFewNeuronsError(f"{neurons} neurons are fewer than the codes of its pools take")
    return found


def heaviest_layout(pools: Pools, bears: Callable[[Layout], bool]) -> Layout | None:
    """Return the layout of greatest load that is borne; None if none is."""
    return _bisected(pools, bears, rising=True)


def _bisected(pools: Pools, good: Callable[[Layout], bool], rising: bool) -> Layout | None:
    """Return the good layout of most load, or of least load if not `rising`; None if there is none.

    Layouts are taken to be good on one side of some load.
    """
    least, most = _LEAST_LOAD, 2.0 * float(pools.size.sum())
    easy, hard = (least, most) if rising else (most, least)
    found = layout_of_load(pools, easy)
    if not good(found):
        return None
    for _ in range(_ROUNDS):
        middle = (easy * hard) ** 0.5
        tried = layout_of_load(pools, middle)
        if good(tried):
            easy, found = middle, tried
        else:
            hard = middle
    return found
