"""Three channels, after Adler and Shavit: output, input or mixed channel, chosen for every term.

Theorem (after Adler and Shavit). T terms over features of any influence, with at most s features on
and inputs in superposition, take O(sqrt(T) log T) neurons. A term whose features are all light gets
a random code (output channel). A term whose features are all heavy gets the neurons that its
features share (input channel). Any other term gets a code in a pool of its heaviest feature (mixed
channel). The limit between light and heavy is near the fourth root of T.

Ours are: codewords that share at most one neuron, equalised reads, exclusive pools, territories for
crowded outputs, calibrated thresholds (`docs/design-notes.md` says why). The declared
size is the smallest N at which the regions' reference widths (`regions/`), times `MODEL_MARGIN` =
1.3, add up to at most N. For pairwise AND of influence f that is
sqrt(2.6 T) (z1 sqrt(s-2) + z0 sqrt(s-1)) neurons, where z1 and z0 are the normal quantiles of
error/8 and error/(32 s), and half of 1.3 f (...)^2 more. It is never more than one neuron per term.
Error: a share `error` of satisfied inputs, measured and not proved.
"""

from __future__ import annotations

from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.plan import Plan, make_plan
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.constructions.three_channel.single_channel import stored_numbers
from polyseme.compiler.task import Task
from polyseme.networks.network import Network


class ThreeChannel(Construction[Plan]):
    """Output, input or mixed channel, chosen for every term by influence."""

    name = "three-channel"
    problem = "any circuit of one hidden layer"
    inputs = Inputs.EITHER
    law = (
        "f V/2 + sqrt((f V/2)^2 + 2 m' V) for pairwise AND of influence f, "
        "V = 1.3 (z(error/8) sqrt(s-2) + z(error/32s) sqrt(s-1))^2"
    )
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "gates drawn apart from the codes")
    sources = ("adler2024complexity", "polyseme")
    computes = True

    def refusal(self, task: Task) -> str | None:
        """Return why one hidden layer does not compute the task; None where it does."""
        return task.obstacle

    def plan(self, task: Task) -> Plan:
        """Return the plan, with the channels and the kind of encoder chosen."""
        return make_plan(task)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return the neurons that the noise model predicts; one per term at most."""
        return predicted_neurons(plan.for_error(error))

    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of weights and biases of the hidden layer."""
        return stored_numbers(neurons, plan.dimensions(neurons))

    def build(self, plan: Plan, neurons: int) -> Network:
        """Build the network by running the passes in order."""
        return build_superposed(plan, neurons)
