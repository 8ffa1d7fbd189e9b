"""Inputs checked per second, in every way there is to run the same network.

Every way decides the same inputs, and a digest of the decisions of each must be that of the
circuit's network in our sparse evaluation. The circuit itself and its monosemantic network are
exact, so the network differs from them where it is wrong.
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
from harness.compiling import (
    LayerRunner,
    active_matrix,
    draw_inputs,
    evaluate_sparse,
    terms_of,
    threads,
    to_onnx,
)
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.plots import bars
from harness.processes import Job, apart

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
    "the clock starts) until all outputs are decided. The best of three, one process per way, on",
    "all cores. PyTorch runs `network.to_torch()` and onnxruntime the file of `polyseme export",
    "--to onnx`: encoder and readout are dense there. The circuit itself is the evaluator that",
    "verification compares with. The monosemantic network, one neuron per gate, is run as two",
    "products of sparse matrices.",
)


def rate(way: str, gates: int, neurons: int, inputs: int) -> Row:
    """Return the inputs per second of one way, and digests of its decisions."""
    circuit = ps.problems.pairwise_and(gates, gates)
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
    circuit: ps.Circuit, neurons: int, rows: NDArray[np.int32]
) -> dict[str, Callable[[], Decide]]:
    """Return for every way the function that makes it ready to decide the rows."""

    def network() -> ps.Network:
        return ps.compile(
            circuit,
            active=ACTIVE,
            error=ERROR,
            neurons=neurons,
            seed=SEED,
            construction="tight-frames",
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


def _torch(network: ps.Network, rows: NDArray[np.int32]) -> Decide:
    import torch

    torch.set_num_threads(threads())
    module, inputs = network.to_torch(), torch.from_numpy(_dense(network, rows))

    def decide() -> sp.csr_array:
        with torch.no_grad():
            return _rows_on((module(inputs) >= 0).numpy())

    return decide


def _onnxruntime(network: ps.Network, rows: NDArray[np.int32]) -> Decide:
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


def _monosemantic(circuit: ps.Circuit, rows: NDArray[np.int32]) -> Decide:
    """Run one neuron per gate, ReLU(sum of its inputs - (inputs - 1)), and one per output.

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


def _dense(network: ps.Network, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    on = active_matrix(rows, len(network.encoder.features))
    return np.asarray(on.astype(np.float32).toarray())


def _rows_on(on: NDArray[np.bool_]) -> sp.csr_array:
    """Return decisions as sparse rows, as the others do, so finding what is on counts for all."""
    row, column = np.divmod(np.flatnonzero(on), on.shape[1])
    return sp.csr_array((np.ones(len(row), bool), (row, column)), shape=on.shape)


def _digests(decided: sp.csr_array) -> list[str]:
    """Return digests of 64 inputs each, so that fewer inputs can be compared with more."""
    decided.sort_indices()
    digests = []
    for begin in range(0, decided.shape[0], 64):
        some = decided[begin : begin + 64]
        parts = (np.asarray(part, np.int64).tobytes() for part in (some.indptr, some.indices))
        digests.append(hashlib.sha256(b"".join(parts)).hexdigest()[:16])
    return digests


def compare(rows: list[Row]) -> None:
    """Replace digests by the answer to: are the decisions those of our sparse evaluation?

    Raises RuntimeError where a way to run the same network decides otherwise.
    """
    ours = rows[0]["decisions"]
    for row in rows:
        pairs = list(zip(row.pop("decisions"), ours, strict=False))
        row["compared"] = min(row["inputs"], 64 * len(pairs))
        row["same"] = all(one == other for one, other in pairs)
        if row["way"] in WAYS[:4] and not row["same"]:
            raise RuntimeError(f"{row['way']} decides otherwise than our sparse evaluation")


def _exact_is_faster(size: Row) -> str:
    """Return the sentence that says how much faster the exact network is."""
    rates = {row["way"]: row["rate"] for row in size["ways"]}
    times = rates[WAYS[-1]] / rates[WAYS[0]]
    return (
        f"Superposition saves neurons and not time: at {size['gates']:,} gates the exact network, "
        f"evaluated sparsely by scipy, checks {times:.3g} times as many inputs per second as ours."
    )


class Throughput(Part):
    """Speed of every way to run a network."""

    name = "throughput"
    title = "Inputs checked per second"
    measures = "inputs per second of every way to run the same network"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Run every way at every size, one after another."""
        sizes = []
        for gates, neurons, few in QUICK_SIZES if size is Size.QUICK else SIZES:
            rows = []
            for way in WAYS:
                inputs = few if way in ("PyTorch", "onnxruntime") else INPUTS
                arguments: dict[str, Any] = {"way": way, "gates": gates, "inputs": inputs}
                rows.append(apart(Job(rate, arguments | {"neurons": neurons})))
                tell(f"{gates:,} gates, {way}: {rows[-1]['rate']:,.0f} inputs per second")
            compare(rows)
            sizes.append({"gates": gates, "neurons": neurons, "ways": rows})
        return {"sizes": sizes}

    def section(self, results: Results) -> list[str]:
        """Return one table per size."""
        lines = [*ABOUT]
        header = ("way", "inputs per second", "sparse evaluation is faster by")
        header += ("inputs at a time", "same decisions", "peak, GiB")
        for size in results[self.name]["sizes"]:
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
            lines += table(header, rows)
        lines += [_exact_is_faster(size) for size in results[self.name]["sizes"]]
        return [*lines, "", "![Inputs checked per second, one bar per way](throughput.png)"]

    def finding(self, results: Results) -> str:
        """Return our speed at the largest size, and how many times that of PyTorch it is."""
        size = results[self.name]["sizes"][-1]
        rates = {row["way"]: row["rate"] for row in size["ways"]}
        ours = rates[WAYS[0]]
        exact = rates[WAYS[-1]]
        return (
            f"{ours:,.0f} inputs per second at {size['gates']:,} gates, "
            f"{ours / rates['PyTorch']:.3g} times as many as PyTorch; the exact network in "
            f"scipy.sparse {exact:,.0f}, {exact / ours:.3g} times as many as ours"
        )

    def draw(self, results: Results, folder: Path) -> None:
        """Draw one bar per way, at the largest size."""
        size = results[self.name]["sizes"][-1]
        rates = {row["way"]: row["rate"] for row in size["ways"]}
        title = (
            f"{size['gates']:,} gates in {size['neurons']:,} neurons, but for the exact two on top"
        )
        bars(folder / "throughput.png", rates, "inputs checked per second", title)
