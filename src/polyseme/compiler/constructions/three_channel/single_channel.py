"""Constructions that put every term through one channel: their plans, their law, their networks.

The law. Let a code region have R reads on N neurons, over d input dimensions for m features. A
feature that is on and foreign to a term moves the term's reading by noise of variance
R/N (1/d + 1/m). The first part is the interference of input codes, and the second comes from
codewords that overlap (`regions/averaged.py`). A satisfied term of k plain literals has s-k foreign
features on, and a term that lacks one input has s-k+1. Both must keep to their side of a threshold
in a gap of 1. So with

    V = (z1 sqrt(s-k) + z0 sqrt(s-k+1))^2,    z1 = z(error/8),  z0 = z(error / (8 rivals)),

where z is the upper quantile of the normal distribution, R/N (1/d + 1/m) V must be at most 1. If
R = f m, where f is the influence, and d = N, this is N^2 = f V N + R V:

    N = f V / 2 + sqrt((f V / 2)^2 + R V).

V is then corrected twice. First, the model leaves out that the ReLU bends the noise and that the
tails of the noise are heavier than normal. For this V is taken `MODEL_MARGIN` = 1.3 times larger
(measured). Second, reading r own features at exactly full strength makes the foreign noise
1/(1 - r/d) times larger (`parts/weights.py`). Codes of w neurons make r = R w / N, so
N^2 (1 - R w / N^2) must be R V. That turns V into V + w, with w = 6 for the lightest codes. So

    V = 1.3 (z1 sqrt(s-k) + z0 sqrt(s-k+1))^2 + 6.

At most three dimensions per four features are used; past that N = 7/3 f V. At most one neuron per
term is used (`at_most_one_per_term`).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from polyseme.circuits.terms import Terms
from polyseme.common.distributions import normal_quantile
from polyseme.compiler.constructions.construction import Construction
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.channels import (
    Assignment,
    Channel,
    heavy_limit,
    one_channel,
)
from polyseme.compiler.constructions.three_channel.plan import Plan
from polyseme.compiler.constructions.three_channel.prediction import MODEL_MARGIN
from polyseme.compiler.constructions.three_channel.regions.codewords import MIN_WEIGHT
from polyseme.compiler.constructions.three_channel.regions.territory import TERRITORY_TERMS
from polyseme.compiler.task import Task
from polyseme.networks.network import Network

# Largest number of input dimensions per feature, so that inputs are in superposition.
_MOST_DIMENSIONS = 0.75
# Gap between the reading of a satisfied term that has its own neuron and the threshold.
_OWN_GAP = 0.5


class SingleChannel(Construction[Plan]):
    """A construction that sends every term through the same channel."""

    @abstractmethod
    def assignment(self, task: Task) -> Assignment:
        """Return the channel of every term."""

    def plan(self, task: Task) -> Plan:
        """Return the plan of this channel with inputs in superposition."""
        return Plan(task, self.assignment(task), basis=False, territories=False)

    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of weights and biases, with as many dimensions as neurons."""
        return stored_numbers(neurons, neurons)

    def build(self, plan: Plan, neurons: int) -> Network:
        """Build the network of the plan under the construction's name."""
        network = build_superposed(plan, neurons)
        return replace(network, provenance=replace(network.provenance, construction=self.name))


class OutputCoded(SingleChannel):
    """A construction in which every term drives a random code of its own."""

    def assignment(self, task: Task) -> Assignment:
        """Return the output channel for every term."""
        return one_channel(task.terms, Channel.OUTPUT)


def gap_variance(active: int, needed: int, error: float, rivals: float) -> float:
    """Return V of the law, the number of times that a foreign feature's variance fits the gap."""
    foreign = max(active - needed, 0)
    miss, stray = normal_quantile(error / 8), normal_quantile(error / (8 * rivals))
    deviations = miss * np.sqrt(foreign) + stray * np.sqrt(foreign + 1)
    return float(MODEL_MARGIN * deviations**2) + MIN_WEIGHT


def code_neurons(reads: int, influence: float, variance: float) -> int:
    """Return N of the law: the neurons that hold `reads` reads at a gap variance V."""
    half = influence * variance / 2
    neurons = half + np.sqrt(half**2 + reads * variance)
    if neurons > _MOST_DIMENSIONS * reads / influence:
        neurons = 2 * half * (1 + 1 / _MOST_DIMENSIONS)
    return int(np.ceil(neurons))


def coded_neurons(task: Task, error: float) -> int:
    """Return N of the law, with at most s f rivals that lack one input."""
    terms, influence = task.terms, mean_influence(task.terms)
    needed, rivals = int(terms.plain.min()), task.active * influence
    variance = gap_variance(task.active, needed, error, rivals)
    return at_most_one_per_term(task, code_neurons(len(terms.literals), influence, variance), error)


def at_most_one_per_term(task: Task, neurons: int, error: float) -> int:
    """Return the neurons, or one per term where those are fewer and hold the error.

    A term with its own neuron reads k features over 3 m / 4 dimensions in a tight frame. Its noise
    has variance k s / (3 m) and must stay under the gap of 1/2.
    """
    terms = task.terms
    noise = int(terms.widths.max()) * task.active / (3 * terms.features)
    tail = normal_quantile(error / (8 * len(terms)))
    return min(neurons, len(terms)) if tail * np.sqrt(noise) <= _OWN_GAP else neurons


def stored_numbers(neurons: int, dimensions: int) -> int:
    """Return the number of weights and biases of a hidden layer."""
    return neurons * dimensions + neurons


def mean_influence(terms: Terms) -> float:
    """Return the mean influence of the features that any term reads."""
    return len(terms.literals) / max(1, int((terms.influence > 0).sum()))


def why_not_codes(task: Task, limit: float | None = None) -> str | None:
    """Return why one random code per term does not serve a task; None where it does.

    No feature may be read by more than `limit` terms; by default, all features must be light.
    """
    if task.encoder == "basis":
        return "its inputs are in superposition"
    if task.obstacle is not None:
        return task.obstacle
    terms, circuit = task.terms, task.circuit
    crowd = np.bincount(terms.output, minlength=terms.outputs)
    if crowd.max() > TERRITORY_TERMS:
        name = circuit.output_names[int(crowd.argmax())]
        return f"output {name!r} is an OR of {crowd.max()} terms, more than {TERRITORY_TERMS}"
    most = heavy_limit(len(terms)) if limit is None else limit
    heaviest = int(terms.influence.argmax())
    if terms.influence[heaviest] > most:
        return (
            f"feature {circuit.features[heaviest]!r} is read by {terms.influence[heaviest]} terms, "
            f"more than {most:.4g}"
        )
    return None
