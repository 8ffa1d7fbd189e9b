"""Terms written down as sets of literals, or drawn so that many have common factors."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from polyseme.circuits.terms import Terms
from polyseme.common.ragged import row_offsets

# A literal is +1, +2, ... for features 0, 1, ... and -1, -2, ... for their negations.
Term = frozenset[int]


def terms_from(features: int, outputs: list[list[list[int]]]) -> Terms:
    """The terms of outputs, each a list of terms, each a list of literals in any order."""
    every = [(output, term) for output, terms in enumerate(outputs) for term in terms]
    literals = np.array([literal for _, term in every for literal in term], np.int64)
    return Terms(
        features,
        len(outputs),
        np.array([output for output, _ in every], np.int32),
        row_offsets([len(term) for _, term in every]),
        (np.abs(literals) - 1).astype(np.int32),
        np.sign(literals).astype(np.int8),
    )


def sets_of(terms: Terms) -> list[Term]:
    """Every term as a set of literals."""
    literals = (terms.literals.astype(int) + 1) * terms.signs
    return [frozenset(row.tolist()) for row in np.split(literals, terms.offsets[1:-1])]


@st.composite
def factorable(draw: st.DrawFn, features: int = 5) -> Terms:
    """Outputs of terms with common factors, of all sets of so many literals, and of any terms."""
    outputs = []
    for _ in range(draw(st.integers(1, 3))):
        terms: list[list[int]] = []
        for _ in range(draw(st.integers(1, 3))):
            order = draw(st.permutations(range(1, features + 1)))
            signed = [draw(st.sampled_from((1, 1, -1))) * literal for literal in order]
            cut = draw(st.integers(0, 2))
            members = signed[cut : cut + draw(st.integers(1, features - cut))]
            least = 1 if cut else draw(st.integers(1, len(members)))
            terms += [
                draw(st.permutations([*signed[:cut], *some]))
                for some in combinations(members, least)
            ]
        resting = [term for term in terms if max(term) > 0]
        outputs.append(draw(st.permutations(resting or [[1]])))
    return terms_from(features, outputs)
