"""Inputs checked per second, in every way there is to run the same network: a part of `bench.py`.

Every way decides the same inputs, and a digest of the decisions of each must be that of the
circuit's network in our sparse evaluation; the circuit itself and its monosemantic network say what
is right, so from them the network differs where it is wrong.
"""

from __future__ import annotations

import hashlib
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

import polyseme as ps
from harness import Job, Part, Results, Row, Size, Tell, about, apart, serve
from plots import bars
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import active_matrix, evaluate_sparse
from polyseme.circuits.problems import pairwise_and
from polyseme.circuits.terms import terms_of
from polyseme.common.parallel import threads
from polyseme.compiler.constructions.frames.tight_frames import CONSTRUCTION
from polyseme.networks.exporting.to_onnx import to_onnx
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.inputs import draw_inputs
from sections import table

NAME = "throughput"
ACTIVE, ERROR, SEED, REPEATS = 3, 1e-3, 0, 3
# Inputs at a time, but fewer where rows of features and of outputs are dense.
INPUTS = 2_048
# Gates, neurons, and how many those fewer are.
SIZES = ((10_000, 1_296, 1_024), (100_000, 4_048, 256))
QUICK_SIZES = ((2_000, 608, 1_024),)
WAYS = (
    "sparse evaluation, ours",
    "dense layer, ours",
    "PyTorch",
    "onnxruntime",
    "circuit itself",
    "monosemantic, scipy.sparse",
)
Decide = Callable[[], sp.csr_array]

ABOUT = (
    "`and2`, as many gates as features, 3 on at once, seed 0, construction tight-frames;",
    "*satisfied* inputs, the same for all, handed over as the way takes them (lists of active",
    "features; dense rows of 0 and 1 for PyTorch and onnxruntime, which are in memory before",
    "the clock starts) until all outputs are decided. The best of three, a process each, on all",
    "cores. PyTorch runs `network.to_torch()` and onnxruntime the file of `polyseme export --to",
    "onnx`: encoder and readout are dense there. The circuit itself is the evaluator that",
    "verification compares with. The monosemantic network, a neuron a gate, is run as two",
    "products of sparse matrices.",
)


def rate(way: str, gates: int, neurons: int, inputs: int) -> Row:
    """Inputs per second in one way, and a digest of what it decides on the first of them."""
    circuit = pairwise_and(gates, gates)
    generator = np.random.default_rng([SEED, 1])
    # The first of the same inputs for every way.
    rows = draw_inputs("satisfied", terms_of(circuit), ACTIVE, INPUTS, generator)[:inputs]
    decide = _ways(circuit, neurons, rows)[way]()
    decided, best = decide(), 0.0
    for _ in range(REPEATS):
        begun = time.perf_counter()
        decide()
        best = max(best, inputs / (time.perf_counter() - begun))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "way": way,
        "inputs": inputs,
        "rate": round(best, 1),
        "peak_gib": round(peak, 1),
        "decisions": _digests(decided),
    }


def _ways(
    circuit: Circuit, neurons: int, rows: NDArray[np.int32]
) -> dict[str, Callable[[], Decide]]:
    """For every way, what makes it ready to decide the rows."""

    def network() -> Network:
        return ps.compile(
            circuit,
            active=ACTIVE,
            error=ERROR,
            neurons=neurons,
            seed=SEED,
            construction=CONSTRUCTION.name,
        )

    def ours(sparse: bool) -> Decide:
        runner = LayerRunner(network())
        return lambda: runner.outputs(rows, sparse=sparse)

    ready: tuple[Callable[[], Decide], ...] = (
        lambda: ours(sparse=True),
        lambda: ours(sparse=False),
        lambda: _torch(network(), rows),
        lambda: _onnxruntime(network(), rows),
        lambda: lambda: evaluate_sparse(circuit, rows),
        lambda: _monosemantic(circuit, rows),
    )
    return dict(zip(WAYS, ready, strict=True))


def _torch(network: Network, rows: NDArray[np.int32]) -> Decide:
    import torch

    torch.set_num_threads(threads())
    module, inputs = network.to_torch(), torch.from_numpy(_dense(network, rows))

    def decide() -> sp.csr_array:
        with torch.no_grad():
            return _rows_on((module(inputs) >= 0).numpy())

    return decide


def _onnxruntime(network: Network, rows: NDArray[np.int32]) -> Decide:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        path.write_bytes(to_onnx(network))
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    inputs = {"features": _dense(network, rows)}
    return lambda: _rows_on(session.run(["on"], inputs)[0])


def _monosemantic(circuit: Circuit, rows: NDArray[np.int32]) -> Decide:
    """A neuron a gate, ReLU(sum of its inputs - (inputs - 1)), and every output one neuron.

    The biases are 0 at most, so that a neuron none of whose inputs is on is off, and a sparse
    product has all that are not.
    """
    terms = terms_of(circuit)
    if not (terms.signs > 0).all() or not np.array_equal(terms.output, np.arange(terms.outputs)):
        raise ValueError("every output must be one AND of features")
    reads = (terms.signs.astype(np.float32), terms.literals, terms.offsets)
    weights = sp.csr_array(reads, shape=(len(terms), terms.features)).T.tocsr()
    bias = (1 - terms.widths).astype(np.float32)
    readout = sp.eye_array(len(terms), dtype=np.float32, format="csr")

    def decide() -> sp.csr_array:
        on = active_matrix(rows, len(circuit.features)).astype(np.float32)
        hidden = (on @ weights).tocsr()
        hidden.data = np.maximum(hidden.data + bias[hidden.indices], 0)
        hidden.eliminate_zeros()
        outputs = (hidden @ readout).tocsr()
        outputs.data = outputs.data >= 0.5
        outputs.eliminate_zeros()
        return outputs

    return decide


def _dense(network: Network, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    on = active_matrix(rows, len(network.encoder.features))
    return np.asarray(on.astype(np.float32).toarray())


def _rows_on(on: NDArray[np.bool_]) -> sp.csr_array:
    """Decisions as sparse rows: what the others return, so finding what is on counts for all."""
    row, column = np.divmod(np.flatnonzero(on), on.shape[1])
    return sp.csr_array((np.ones(len(row), bool), (row, column)), shape=on.shape)


def _digests(decided: sp.csr_array) -> list[str]:
    """What is on, in digests of 64 inputs each, so that fewer inputs can be compared with more."""
    decided.sort_indices()
    digests = []
    for begin in range(0, decided.shape[0], 64):
        some = decided[begin : begin + 64]
        parts = (np.asarray(part, np.int64).tobytes() for part in (some.indptr, some.indices))
        digests.append(hashlib.sha256(b"".join(parts)).hexdigest()[:16])
    return digests


def measure(run: Size, tell: Tell) -> Row:
    """Every way at every size, one after another."""
    sizes = []
    for gates, neurons, few in QUICK_SIZES if run is Size.QUICK else SIZES:
        rows = []
        for way in WAYS:
            inputs = few if way in ("PyTorch", "onnxruntime") else INPUTS
            arguments: dict[str, Any] = {"way": way, "gates": gates, "inputs": inputs}
            rows.append(apart(__file__, Job("rate", arguments | {"neurons": neurons})))
            tell(f"throughput {gates:,} gates, {way}: {rows[-1]['rate']:,.0f} inputs a second")
        compare(rows)
        sizes.append({"gates": gates, "neurons": neurons, "ways": rows})
    return {"sizes": sizes}


def compare(rows: list[Row]) -> None:
    """Replace digests by whether decisions are those of our sparse evaluation.

    Raises RuntimeError where a way to run the same network decides otherwise.
    """
    ours = rows[0]["decisions"]
    for row in rows:
        pairs = list(zip(row.pop("decisions"), ours, strict=False))
        row["compared"] = min(row["inputs"], 64 * len(pairs))
        row["same"] = all(one == other for one, other in pairs)
        if row["way"] in WAYS[:4] and not row["same"]:
            raise RuntimeError(f"{row['way']} decides otherwise than our sparse evaluation")


def section(results: Results) -> list[str]:
    """The section of the page."""
    lines = ["## Inputs checked per second", "", about(results, NAME), "", *ABOUT]
    for size in results[NAME]["sizes"]:
        ours = size["ways"][0]["rate"]
        rows = [
            (
                row["way"],
                f"{row['rate']:,.0f}",
                f"{ours / row['rate']:,.3g}",
                f"{row['inputs']:,}",
                f"{row['compared']:,}: {'all' if row['same'] else 'not all'}",
                f"{row['peak_gib']:.1f}",
            )
            for row in size["ways"]
        ]
        lines += ["", f"{size['gates']:,} gates, {size['neurons']:,} neurons:"]
        header = ("way", "inputs per second", "sparse evaluation is faster by", "inputs at a time")
        lines += table((*header, "same decisions", "peak, GiB"), rows)
    return [*lines, "![Inputs checked per second, a bar a way](throughput.png)"]


def draw(results: Results, folder: Path) -> None:
    """A bar a way, at the largest size."""
    size = results[NAME]["sizes"][-1]
    rates = {row["way"]: row["rate"] for row in size["ways"]}
    across = f"inputs per second, {size['gates']:,} gates in {size['neurons']:,} neurons"
    bars(folder / "throughput.png", rates, across)


PART = Part(NAME, measure, section, draw)

if __name__ == "__main__":
    serve({"rate": rate})
