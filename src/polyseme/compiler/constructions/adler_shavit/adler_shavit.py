"""The construction of Adler and Shavit 2024, plain: codes of weight log m', W = C D, thresholds.

Theorem (Adler and Shavit 2024, in our words). Pairwise logic of m' outputs over features in
superposition, a constant number of which are on, is computed by O(sqrt(m') log m') neurons with
O(m' log^2 m') bits of parameters, and no network of fewer than order sqrt(m' log m') neurons computes
all of it. The same holds for ANDs of k features and for several layers.

What is the paper's. Its abstract and accounts of it were at hand, not its proofs. From those: every
layer multiplies by W = C D, where D decompresses (it estimates each feature from the neurons) and C
computes and compresses; channels are random sets of neurons, of order log m' of them per output;
ReLUs with thresholds take away what interference adds; the influence of its inputs, heavy or light,
decides between three cases for a gate, and light ends near the fourth root of m'; chance is bounded
by Chernoff's bound; and layers are stacked.

The construction. One layer per stage of the circuit, one code of w random neurons per gate, and the
same number of neurons in every layer as dimensions before the first:

- `output_channel.py`, all inputs light: inputs drive the codes of their gates;
- `input_channel.py`, all inputs heavy: each has a random set, and a gate a code in what they share;
- `mixed_channel.py`, both kinds: a gate has its code inside the set of its heavy input;
- each case has neurons of its own, and so have gates that need other numbers of inputs on;
- C is 0/1 (-1 for an input that an AND_NOT negates), and D = A^T / w for the 0/1 code A below. The
  mean of each row of C D is subtracted, since codes without signs overlap by w^2/n on average: at
  65,536 gates the sums of neurons would be off by more than one feature. Nothing else is done to C D:
  no read is equalised, no set is chosen by how it overlaps, and no threshold is calibrated;
- one layer is made of single ReLUs with bias -(k - 1). Several are made of clips, two ReLUs per unit,
  that rise from 1/2 to about 3/4 of the last input needed: so the noise of a layer ends there, and
  one layer's code of outputs is the next one's code of inputs. That is also the only difference
  between a layer that stands alone and one in a stack.

What is ours, because the paper leaves it open or was not at hand: w = log2 m' (2 log2 m' where any
input is heavy), m' being the gates of the widest stage; a heavy input is read by more than
max(8, 2 m'^(1/4)) gates; sets such that the inputs of a gate share w + 2 sqrt(w) neurons on average;
sets of mixed gates at least as large, as a share, as the share of gates that read the input; where
neurons of the regions begin and saturate; the threshold of an output at 3/5 of a full reading; and

    N = 4.5 sqrt(m') log2 m'  neurons for pairwise ANDs, influence 2, s = 3 on, error 1e-3,

where 4.5 is measured. In general a region of R literals counts sqrt(s R / 6) for sqrt(m'), times
sqrt(ln(L / error) / ln 1000) with L layers, and a region with heavy inputs has at least
(6 (s - k + 1))^k (w + 2 sqrt(w)) units, so that hits on its sets are rare; clipped units count twice.
Measured sizes grow more slowly than the law up to 2^18 gates (docs/benchmarks/adler-shavit.md), as
codes average noise that the paper's proof wants to be absent from each neuron.

Derivation of the root. A neuron of the output channel reads k m' w / n inputs, each with noise of
variance s / n. So the noise of its sum is k m' w s / n^2, and n of order sqrt(k m' s w) keeps it at a
constant; for every neuron to be right, it must fall as 1/log m', which makes the paper's law.

Stored: n (n + 1) numbers per layer, and a readout whose entries count where codes follow sets. Error:
at most a share `error` of satisfied inputs (and one-short ones where k > 2; measured). Refused:
outputs that are constant or rest at 1, a heavy input of a gate that is no AND of plain inputs,
basis-aligned inputs, an error of 0.
"""

from __future__ import annotations

from polyseme.compiler.constructions.adler_shavit.build import build_network
from polyseme.compiler.constructions.adler_shavit.cases import OUTPUT, channels_of, gates_astray
from polyseme.compiler.constructions.adler_shavit.plan import Plan, make_plan
from polyseme.compiler.constructions.adler_shavit.sizes import code_weight, declared_units
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.task import Task
from polyseme.networks.network import Network


class AdlerShavit(Construction[Plan]):
    """Random codes, 0/1 compression, and a channel for each of three cases of influence."""

    name = "adler-shavit"
    problem = "pairwise logic, ANDs of k features, permutations, and layers of those"
    inputs = Inputs.SUPERPOSED
    law = "4.5 sqrt(s k m'/6) log2 m' sqrt(ln(L/error)/ln 1000), twice in L > 1 layers; 4.5 ours"
    exponent = 0.5
    error = "a share `error` of inputs on which a gate is satisfied, measured"
    assumptions = ("at most s features on", "about as many wires on at every level")
    sources = ("adler2024complexity", "polyseme")

    def refusal(self, task: Task) -> str | None:
        """Return why the construction does not serve a task; None where it does."""
        circuit = task.circuit
        if task.encoder == "basis":
            return "its inputs are in superposition"
        if task.error <= 0:
            return f"an error of {task.error:g} is for exact constructions; this one sometimes errs"
        if circuit.inverted.any() or (circuit.outputs < 0).any():
            return "an output rests at 1 or is constant"
        for number, stage in enumerate(task.once(make_plan).schedule.stages):
            if gates_astray(stage).any():
                return f"stage {number} has a heavy input of a gate that is no AND of plain inputs"
        return None

    def plan(self, task: Task) -> Plan:
        """Cut the circuit into stages that carry every wire by a gate."""
        return task.once(make_plan)

    def neurons(self, plan: Plan, error: float) -> int:
        """Return N of the law."""
        return plan.relus_per_unit * declared_units(plan, error)

    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of weights and biases, and of readout entries that follow sets."""
        units, stages = neurons // plan.relus_per_unit, plan.schedule.stages
        followers = int((channels_of(stages[-1]) != OUTPUT).sum())
        return len(stages) * units * (units + 1) + followers * code_weight(plan.schedule)

    def build(self, plan: Plan, neurons: int) -> Network:
        """Build one layer per stage, on at most so many neurons each."""
        return build_network(self.name, plan, neurons)
