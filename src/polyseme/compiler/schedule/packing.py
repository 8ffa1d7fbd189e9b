"""Gates as arrays, so that millions of them can be placed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_offsets
from polyseme.compiler.schedule.merging import Logic


@dataclass(frozen=True, eq=False)
class Gates:
    """Logic as arrays, its nodes renumbered: features, then gates, each after its inputs.

    Shapes: `wires` int32 (nodes,), the circuit's wire or -1; `ranks` int64 (nodes,), the order
    of new gates within a stage; `disjunction` bool (gates,); `offsets` int64 (gates + 1,) cuts
    `read` int64 (nodes) and `signs` int8 into one run per gate; `outputs` int64, -1 if always off.
    """

    features: int
    wires: NDArray[np.int32]
    ranks: NDArray[np.int64]
    disjunction: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    read: NDArray[np.int64]
    signs: NDArray[np.int8]
    outputs: NDArray[np.int64]

    @property
    def identities(self) -> NDArray[np.bool_]:
        """True for gates that only repeat their input, bool (gates,)."""
        plain = self.signs[self.offsets[:-1]] > 0 if len(self.disjunction) else np.zeros(0, bool)
        return np.asarray((np.diff(self.offsets) == 1) & plain)


def pack(logic: Logic) -> Gates:
    """Return the gates of `logic` as arrays, its nodes renumbered."""
    ranks = np.concatenate((np.arange(logic.features), np.array(logic.order, np.int64)))
    # One more entry, which stays -1, serves outputs of -1.
    node_of = np.full(len(logic.literals) + 1, -1, np.int64)
    node_of[ranks] = np.arange(len(ranks))
    parts = [logic.literals[gate] for gate in logic.order]
    literals = np.fromiter(chain.from_iterable(parts), np.int64)
    widths = np.fromiter(map(len, parts), np.int64, len(parts))
    return Gates(
        features=logic.features,
        wires=np.where(ranks < logic.wires, ranks, -1).astype(np.int32),
        ranks=ranks,
        disjunction=np.array([logic.disjunction[gate] for gate in logic.order], bool),
        offsets=row_offsets(widths),
        read=node_of[literals >> 1],
        signs=(1 - 2 * (literals & 1)).astype(np.int8),
        outputs=node_of[np.array(logic.outputs, np.int64)],
    )
