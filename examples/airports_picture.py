"""The picture of the demo: facts of one neuron, interference before and after the threshold."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from polyseme.networks.run import LayerRunner, encode

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

ON, OFF, BEND = "#c8553d", "#8d99ae", "#2b2d42"
LISTED = 16
SAMPLES = 4000


def draw(network: ps.Network, path: Path) -> None:
    """Draw one neuron's facts, its sums over all facts, and the readings of all outputs."""
    key = network.key
    if key is None:
        raise ValueError("the picture needs the answer key")
    neuron = telling_neuron(key)
    figure, axes = plt.subplots(1, 3, figsize=(15, 5.4), width_ratios=(0.7, 1, 1))
    list_facts(axes[0], key, neuron)
    show_sums(axes[1], network, key, neuron)
    show_readings(axes[2], network, key)
    outputs = len(network.readout.outputs)
    figure.suptitle(
        f"{network.neurons:,} ReLUs and thresholds decide {outputs:,} outputs in superposition",
        fontsize=15,
    )
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def telling_neuron(key: ps.AnswerKey) -> int:
    """Return the neuron whose terms feed the most different outputs."""
    hosts = key.hosts()
    outputs = [
        len(np.unique(key.terms.output[hosts.indices[begin:end]]))
        for begin, end in zip(hosts.indptr[:-1], hosts.indptr[1:], strict=True)
    ]
    return int(np.argmax(outputs))


def list_facts(axes: Axes, key: ps.AnswerKey, neuron: int) -> None:
    """List some of the facts that the neuron serves."""
    served = key.columns_of(neuron)
    chosen = served[np.linspace(0, len(served) - 1, min(LISTED, len(served))).astype(int)]
    axes.set_title(f"neuron {neuron} serves {len(served)} facts, among them")
    for line, term in enumerate(chosen):
        axes.text(0.02, 0.95 - line / (LISTED + 1), key.describe(int(term)), fontsize=9)
    axes.set_axis_off()


def fact_rows(key: ps.AnswerKey) -> NDArray[np.int32]:
    """Return every fact as a query: its two features."""
    return key.terms.literals.reshape(-1, 2)


def show_sums(axes: Axes, network: ps.Network, key: ps.AnswerKey, neuron: int) -> None:
    """Draw the sums of the neuron over all queries of the relation that it serves."""
    layer = network.layers[0]
    served = key.columns_of(neuron)
    relation = int(fact_rows(key)[served[0]].max())
    asked = np.flatnonzero((fact_rows(key) == relation).any(axis=1))
    encoded = encode(network, fact_rows(key)[asked])
    sums = (encoded @ layer.weights[neuron].astype(np.float32) + layer.bias[neuron]) * layer.scale
    own = np.isin(asked, served)
    bins = np.linspace(sums.min(), sums.max(), 70)
    axes.hist(sums[~own], bins, color=OFF, label=f"{(~own).sum():,} other facts: interference")
    axes.hist(sums[own], bins, color=ON, label=f"the {own.sum()} facts it serves")
    axes.axvline(0, color=BEND, linestyle="--", label="the ReLU bends here")
    axes.set_yscale("log")
    axes.set_title(f"before: its sum, asked for every {key.circuit.features[relation]}")
    axes.set_xlabel("weighted sum plus bias")
    axes.set_ylabel("queries")
    axes.legend(loc="upper right", fontsize=8)


def show_readings(axes: Axes, network: ps.Network, key: ps.AnswerKey) -> None:
    """Draw readings of all outputs as shares of their thresholds, for a sample of facts."""
    terms = np.random.default_rng(0).choice(len(key.terms), SAMPLES, replace=False)
    runner = LayerRunner(network)
    hidden = runner.hidden(encode(network, fact_rows(key)[terms]), sparse=True)
    readings = runner.readings(hidden) / network.readout.thresholds[:, None]
    on = np.zeros(readings.shape, bool)
    on[key.terms.output[terms], np.arange(SAMPLES)] = True
    bins = np.linspace(0, max(2.0, float(readings[on].max())), 80)
    axes.hist(readings[~on], bins, color=OFF, label="outputs that should be off")
    axes.hist(readings[on], bins, color=ON, label="outputs that should be on")
    axes.axvline(1, color=BEND, linestyle="--", label="threshold")
    axes.set_yscale("log")
    axes.set_title(f"after: {len(readings):,} outputs, {SAMPLES:,} facts")
    axes.set_xlabel("reading, as a share of its threshold")
    axes.set_ylabel("outputs")
    axes.legend(loc="upper right", fontsize=8)
