"""The picture of superposition: codes that overlap, and neurons that serve many gates.

It compiles 1,000 pairwise ANDs of 1,000 features, three of them on at once, into 666 ReLUs that
compute them, and draws `docs/superposition.png`. Run it with
`python examples/superposition_picture.py [PATH]`; it takes a few seconds.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

import polyseme as ps
from polyseme.common.files import write_whole

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SIZE, NEURONS, ACTIVE, SEED = 1000, 666, 3, 0
# Codes of up to 41 neighbours are orthogonal, so these would show nothing.
EACH = 25
PATH = Path("docs/superposition.png")


def main() -> None:
    """Compile, and draw."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    circuit = ps.problems.pairwise_and(SIZE, SIZE, seed=SEED)
    network = ps.compile(circuit, active=ACTIVE, neurons=NEURONS, seed=SEED)
    assert network.key is not None
    products = inner_products(network.key)
    away = products[~np.eye(len(products), dtype=bool)]
    print(
        f"{len(products):,} codes in {network.encoder.dimensions:,} dimensions: inner products of "
        f"different codes have mean {away.mean():.4f}, standard deviation {away.std():.4f}, and "
        f"are {np.abs(away).max():.3f} at most"
    )
    hosts = network.key.hosts()
    gates, neurons = np.diff(hosts.indptr), np.bincount(hosts.indices, minlength=hosts.shape[1])
    print(
        f"every gate is served by {neurons.min()} to {neurons.max()} of {network.neurons:,} "
        f"neurons, every neuron serves {gates.min()} to {gates.max()} of {circuit.gates:,} gates"
    )
    draw(products, hosts, path)
    print(f"wrote {path}")


def inner_products(key: ps.AnswerKey) -> NDArray[np.float64]:
    """Return the inner products of all codes, scaled to length 1: (features, features)."""
    code = key.encoder.matrix().astype(np.float64)
    return np.asarray((code @ code.T).toarray()) / key.encoder.weight


def draw(products: NDArray[np.float64], hosts: sp.csr_array, path: Path) -> None:
    """Draw the inner products, some of them larger, their histogram, and who serves which gate."""
    with plt.rc_context({"font.size": 13, "axes.titlesize": 14}):
        figure, axes = plt.subplots(2, 2, figsize=(13, 11), layout="constrained")
        largest = float(np.abs(products[~np.eye(len(products), dtype=bool)]).max())
        show_products(figure, axes[0, 0], products, largest)
        axes[0, 0].set_title(f"inner products of the codes of all {len(products):,} features")
        show_products(figure, axes[0, 1], products[::EACH, ::EACH], largest)
        axes[0, 1].set_title(f"the same of every {EACH}th feature")
        show_histogram(axes[1, 0], products)
        show_map(axes[1, 1], hosts)
        neurons, gates = hosts.shape
        figure.suptitle(
            f"superposition: {gates:,} ANDs of {len(products):,} features in {neurons:,} neurons",
            fontsize=18,
        )
        drawn = BytesIO()
        figure.savefig(drawn, format="png", dpi=90, metadata={"Software": None})
        write_whole(path, drawn.getbuffer())
        plt.close(figure)


def show_products(
    figure: Figure, axes: Axes, products: NDArray[np.float64], largest: float
) -> None:
    """Draw inner products as colours; the diagonal, which is 1, is beyond the scale."""
    drawn = axes.imshow(
        products,
        cmap="PuOr",
        vmin=-largest,
        vmax=largest,
        interpolation="nearest",
        extent=(0, SIZE, SIZE, 0),
    )
    bar = figure.colorbar(drawn, ax=axes, extend="max", shrink=0.85)
    bar.set_label("inner product (a code with itself: 1)")
    axes.set(xlabel="feature", ylabel="feature")


def show_histogram(axes: Axes, products: NDArray[np.float64]) -> None:
    """Draw how many pairs of features have which inner product."""
    pairs = products[np.triu_indices(len(products), 1)]
    values, counts = np.unique(np.round(pairs, 6), return_counts=True)
    axes.bar(values, counts, width=0.8 * np.diff(values).min(), color="#0072b2")
    axes.set(
        yscale="log",
        title=f"interference: all {len(pairs):,} pairs of different features",
        xlabel=f"inner product (standard deviation {pairs.std():.3f})",
        ylabel="pairs of features",
    )


def show_map(axes: Axes, hosts: sp.csr_array) -> None:
    """Draw which gates each neuron serves: neurons by how many, gates by their first neuron."""
    served = np.asarray(hosts.toarray()) != 0
    served = served[np.argsort(-served.sum(axis=1), kind="stable")]
    served = served[:, np.lexsort(served[::-1])[::-1]]
    each = served.sum(axis=1)
    neuron, gate = np.nonzero(served)
    axes.plot(gate, neuron, ".", color="#0072b2", markersize=2, markeredgewidth=0)
    axes.margins(0.01)
    axes.invert_yaxis()
    axes.set(
        title=f"the gates that each neuron serves: {each.min()} to {each.max()}",
        xlabel="gate, in order of its first neurons",
        ylabel="neuron, in order of how many gates it serves",
    )


if __name__ == "__main__":
    main()
