"""The construction of Adler and Shavit, plain: random codes, W = C D, thresholds, three cases.

Theorem (Adler and Shavit 2024, in our words). Let features be in superposition, a constant number
of them on. Pairwise logic of m' outputs is computed by O(sqrt(m') log m') neurons with
O(m' log^2 m') bits of parameters; fewer than about sqrt(m' log m') neurons do not compute all of
it. The same holds for ANDs of k features and for several layers.

What the paper says. Its abstract and accounts of it were at hand, its proofs were not. A layer
multiplies by W = C D: D decompresses, which estimates every feature from the neurons, and C
computes and compresses. Channels are random sets of neurons. ReLUs with thresholds remove
interference. The *influence* of a gate's inputs, light or heavy, decides between three cases, which
part near the fourth root of m'. Bounds are Chernoff's.

The construction has one layer per stage of the circuit, with as many dimensions before the first
layer as units in it. Every gate has a random code of w neurons, w of order log m':

- `output_channel.py`: all inputs are light, and drive the codes of their gates;
- `input_channel.py`: all are heavy; each has a random set, and gates have codes in shared parts;
- `mixed_channel.py`: some are heavy, and gates have codes inside the sets of those.

Each case has neurons of its own, and so have gates that need other numbers of inputs on. C is 0/1
(-1 where an AND_NOT negates a light input), and D = A^T / w for the 0/1 code A below. Codes without
signs overlap by w^2/n on average, so the mean of each row of C D is subtracted; with the mean left
in, networks of 4,096 gates fail at the size declared and take about twice as many neurons. Nothing
else is done: reads are not equalised, codes not balanced, thresholds not calibrated. A single layer
is made of plain ReLUs with bias -(k - 1). Several are made of clips, two ReLUs per unit, which rise
from 1/2 to about 3/4 of the last input needed: noise ends at every layer, and one layer's output
code is the next one's input code.

What is ours, as the paper leaves it open or we could not read it: w = log2 m' for the gates of the
widest stage (64 at least), 2 log2 m' with mixed gates and 3 log2 m' with gates of heavy inputs
only; an input is heavy if more than max(8, 2 m'^(1/4)) gates read it; sets share w + 2 sqrt(w)
neurons on average; a set of mixed gates takes at least as large a share of neurons as its input of
gates; where clips rise; the threshold of an output, 5/8 of a full reading; and the size,

    N = 3 sqrt(m') log2 m', and at least 16 log2^2 m' (which decides up to 4,096 gates),

for pairwise ANDs with 3 features on and an error of 1e-3. Both constants are measured, on sizes up
to 2^18 gates (docs/benchmarks/adler_shavit.md). There n / (sqrt(m') log2 m') falls, because a code
averages the noise of its neurons, while the law wants every neuron right. In general, a region of R
literals has sqrt(s R / 6) for sqrt(m'), with at least two literals per gate, and the second part
times s / 3, times f / 2 where f > 2 gates read an input on average, and twice for ORs; if it has
heavy inputs, the second part is instead (6 (s - k + 1))^k (w + 2 sqrt(w)). All is multiplied by
sqrt(ln(L / error) / ln 1000). In L > 1 layers 4.5 stands for 3, and clips count twice.

Derivation of the root. A neuron of the output channel reads k m' w / n inputs, each with noise of
variance s / n, so the noise of its sum has variance k m' w s / n^2. For that to be a constant, n is
of order sqrt(k m' s w). For all neurons to be right it must be of order 1 / log m', which is the
law.

Stored: n (n + 1) numbers per layer, and a readout whose entries count where codes follow sets.
Error: at most a share `error` of satisfied inputs (and of one-short ones where k > 2; measured).
Refused: outputs that are constant or rest at 1, ORs of more than two inputs, heavy inputs of gates
that are no ANDs of plain inputs, basis-aligned inputs, an error of 0.
"""

from __future__ import annotations

from polyseme.compiler.constructions.adler_shavit.build import build_network
from polyseme.compiler.constructions.adler_shavit.cases import OUTPUT, channels_of, gates_astray
from polyseme.compiler.constructions.adler_shavit.plan import Plan, make_plan
from polyseme.compiler.constructions.adler_shavit.sizes import code_weight, declared_units
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.task import Task
from polyseme.networks.network import Network

# All neurons of an OR hear the interference of all its inputs alike, and no code averages that. At
# the sizes declared, 100 ORs of 8 of 800 features were wrong on most inputs.
_WIDEST_OR = 2


class AdlerShavit(Construction[Plan]):
    """Random codes, 0/1 compression, and a channel for each of three cases of influence."""

    name = "adler-shavit"
    problem = "pairwise logic, ANDs of k features, permutations, and layers of those"
    inputs = Inputs.SUPERPOSED
    law = "3 sqrt(m') log2 m', at least 16 log2^2 m' (k = 2, s = 3, error 1e-3; 3 and 16 measured)"
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
            widest = int(stage.widths[stage.disjunction].max(initial=0))
            if widest > _WIDEST_OR:
                return f"stage {number} has an OR of {widest} inputs, more than {_WIDEST_OR}"
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
