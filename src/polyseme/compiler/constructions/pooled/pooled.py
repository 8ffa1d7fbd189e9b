"""Facts and other ANDs of a heavy feature with light ones, computed in pools that the heavy opens.

Theorem. Let outputs be ORs of ANDs of two of m features, T in all, and at most s features be on; at
s > 2 let every output be one AND, so that no output has two ANDs on at once. Put the ANDs of each
*owner*, a feature that many of them read, into a pool of units that read the owner at
a = 2.15 - b, and their other input, a *member*, at 1. In a table of facts the owners are relations,
and the members of one codeword are the subjects with one object. A ReLU bends at a + b, so

- without its owner, a unit rests: two members add up to 2;
- with it, a unit reads its member as 1 - b, exactly, and other features as noise below the bend.

A codeword of few members has w units, any two words of a pool at most one in common. Members of
other words that are on beside the owner then raise its reading by (s - 1) / w at most, and
w = .875 (s - 1) / epsilon. A codeword of many members has units of its own, among which they are
dealt, so that each unit reads at most r of them. Weights of least norm with those reads
(`least_noise/quiet_weights.py`) make noise of variance q (1 / (d - r) - 1 / m) per foreign feature,
in d = n dimensions, where q = r + a^2. With z the normal quantile at 1e-3 / n, all n units keep

    z sqrt((s - 1) q (1 / (n - r) - 1 / m)) <= b + (2 epsilon - (s - 2) / w) (1 - b).

The declared size is the least n for which that holds: about the members of all codewords over r,
and w sqrt(words) per pool at least. So n^2 / z^2 grows as T for tables with few words per member,
and n as sqrt(T) for ANDs of few owners. b is .65 for s = 2, and .15 for more, where two members of
one unit may be on. ANDs whose inputs are both light have an open pool, without an owner, with codes
and bends as in `least-noise`.

Inputs in superposition. Stored: n d weights of 8 bits, n biases, what each output reads. Error:
over the draw of the codes, on inputs that keep the promise; noise is taken for Gaussian. Pools are
the mixed channel of Adler and Shavit (2024); the codes, bends and weights are ours.
"""

from __future__ import annotations

import numpy as np

from polyseme.common.distributions import normal_quantile
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.least_noise.codes import input_dimensions
from polyseme.compiler.constructions.pooled.build import (
    INPUT_WEIGHT,
    NAME,
    bend,
    build_pooled,
    owner_strength,
)
from polyseme.compiler.constructions.pooled.layout import Layout, heaviest_layout
from polyseme.compiler.constructions.pooled.pools import (
    OPEN,
    Pools,
    make_pools,
    owners_of,
    several_terms,
)
from polyseme.compiler.parts.assembly import too_crowded
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND

_REFERENCE_EPSILON = 0.25


class Pooled(Construction[Pools]):
    """ANDs of a heavy feature with light ones, and tables of facts, in pools of units."""

    name = NAME
    problem = "tables of facts with one fact asked at a time; ANDs of two with heavy features"
    inputs = Inputs.SUPERPOSED
    law = (
        "members / r units, z^2 (s-1) (r + a^2) (1/(n-r) - 1/m) about (b + 2 epsilon (1-b))^2; "
        "at least .875 (s-1) / epsilon sqrt(words) per pool"
    )
    exponent = 0.5
    error = "over the draw of the codes, on any input that keeps the promise"
    assumptions = ("at most one AND of an output on at a time", "noise is Gaussian")
    sources = ("polyseme", "adler2024complexity")
    computes = True

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        if task.encoder == "basis":
            return "its inputs are in superposition"
        if task.obstacle is not None:
            return task.obstacle
        terms = task.terms
        if (terms.widths != 2).any() or (terms.signs < 0).any():
            return "every term must be an AND of two features, none of them negated"
        if task.active > 2 and several_terms(terms).any():
            several = task.circuit.output_names[int(np.argmax(several_terms(terms)))]
            return (
                f"with {task.active} features on, two terms of output {several!r} may be on at "
                "once and double its reading"
            )
        if task.error <= 0:
            return "its error is over the draw of the codes, and never 0"
        if terms.features < 4 * INPUT_WEIGHT:
            return f"its codes take at least {4 * INPUT_WEIGHT} features"
        if (owners_of(task) == OPEN).all():
            return "no feature is in so many terms that it could own a pool"
        return None

    def plan(self, task: Task) -> Pools:
        """Return the pools."""
        return make_pools(task)

    def neurons(self, plan: Pools, error: float) -> int:
        """Return the fewest neurons whose noise leaves readings within epsilon.

        Raises:
            CapacityError: No number of neurons is enough.
        """
        # Readings may be wrong on fewer inputs than decisions often may.
        share = error if plan.task.epsilon is None else min(error, BEYOND)
        found = heaviest_layout(plan, lambda layout: _is_quiet(layout, share))
        if found is None:
            raise CapacityError(too_crowded(plan.task))
        return max(found.neurons, 2 * INPUT_WEIGHT)

    def parameters(self, plan: Pools, neurons: int) -> int:
        """Return the number of weights and biases."""
        return neurons * (input_dimensions(plan.task, neurons) + 1)

    def build(self, plan: Pools, neurons: int) -> Network:
        """Build the network; its key has the reads of own features, which the weights keep."""
        return build_pooled(plan, neurons)


def _is_quiet(layout: Layout, share: float) -> bool:
    """Return whether the noise of all units keeps within epsilon, but for a share of inputs."""
    task, units = layout.pools.task, layout.neurons
    epsilon, depth = task.epsilon or _REFERENCE_EPSILON, bend(task)
    room = input_dimensions(task, units) - layout.load
    if room <= 0:
        return False
    reads = layout.load + owner_strength(task) ** 2
    variance = max(reads * (1 / room - 1 / task.terms.features), 0.0)
    noise = float(normal_quantile(share / units)) * np.sqrt((task.active - 1) * variance)
    # All members but one that are on beside the owner may add to the noise of a word.
    words = (task.active - 2) / layout.pools.weight[-1]
    return bool(noise <= depth + (2 * epsilon - words) * (1 - depth))
