"""The picture of the demo: facts of one neuron, its sums before the ReLU, what outputs read."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from airports_computed import Readings
from polyseme.common.files import write_whole
from polyseme.networks.run import encode

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

# A pair of colours that all eyes tell apart.
ON, OFF, LINE = "#d55e00", "#8d99ae", "#2b2d42"
LISTED = 12
SAMPLES = 4000


def draw(network: ps.Network, readings: Readings, path: Path) -> None:
    """Draw one neuron's facts, its sums over all facts, and the readings of all outputs."""
    key = network.key
    if key is None:
        raise ValueError("the picture needs the answer key")
    neuron = telling_neuron(key)
    with plt.rc_context({"font.size": 13, "axes.titlesize": 13.5, "legend.fontsize": 11}):
        figure, axes = plt.subplots(
            1, 3, figsize=(15, 5.6), width_ratios=(0.72, 1, 1), layout="constrained"
        )
        list_facts(axes[0], key, neuron)
        show_sums(axes[1], network, key, neuron)
        show_readings(axes[2], key, readings)
        outputs = len(network.readout.outputs)
        figure.suptitle(
            f"{network.neurons:,} ReLUs compute {outputs:,} outputs in superposition", fontsize=17
        )
        drawn = BytesIO()
        figure.savefig(drawn, format="png", dpi=110, metadata={"Software": None})
        write_whole(path, drawn.getbuffer())
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
    axes.set_title(f"neuron {neuron} serves {len(served)} facts, such as")
    for line, term in enumerate(chosen):
        axes.text(0.02, 0.95 - line / (LISTED + 1), key.describe(int(term)), fontsize=12)
    axes.set_axis_off()


def fact_rows(key: ps.AnswerKey) -> NDArray[np.int32]:
    """Return every fact as a query: its two features."""
    return key.terms.literals.reshape(-1, 2)


def show_sums(axes: Axes, network: ps.Network, key: ps.AnswerKey, neuron: int) -> None:
    """Draw what the neuron sums up, before its ReLU, when each airport is asked for its relation.

    There is one query per airport that has the relation: the airport and the relation are on.
    """
    layer = network.layers[0]
    served = key.columns_of(neuron)
    relation = int(fact_rows(key)[served[0]].max())
    asked = np.flatnonzero((fact_rows(key) == relation).any(axis=1))
    encoded = encode(network, fact_rows(key)[asked])
    sums = (encoded @ layer.weights[neuron].astype(np.float32) + layer.bias[neuron]) * layer.scale
    own = np.isin(asked, served)
    passed = int((sums[~own] > 0).sum())
    bins = np.linspace(sums.min(), sums.max(), 70)
    others = f"{(~own).sum():,} other airports: interference,\n{passed:,} of them above 0"
    axes.hist(sums[~own], bins, color=OFF, label=others)
    axes.hist(sums[own], bins, color=ON, label=f"{own.sum()} airports whose facts it serves")
    axes.axvline(0, color=LINE, linestyle="--", label="its ReLU bends here")
    name = key.circuit.features[relation]
    axes.set(
        yscale="log",
        title=f"its sum before the ReLU, one airport\nand {name!r} on, for {len(asked):,} airports",
        xlabel="weighted sum plus bias",
        ylabel="airports",
    )
    axes.set_ylim(top=40 * axes.get_ylim()[1])  # room for the legend
    axes.legend(loc="upper left")


def show_readings(axes: Axes, key: ps.AnswerKey, readings: Readings) -> None:
    """Draw affine readings of all outputs, for a sample of facts."""
    terms = np.random.default_rng(0).choice(len(key.terms), SAMPLES, replace=False)
    read = readings.read
    hidden = read.runner.hidden(read.runner.encode(fact_rows(key)[terms]), sparse=True)
    values = read.runner.readings(hidden - read.rest) * read.scale.factor[:, None]
    group = read.scale.group
    values = values * readings.fitted.slope[group, None] + readings.fitted.offset[group, None]
    on = np.zeros(values.shape, bool)
    on[key.terms.output[terms], np.arange(SAMPLES)] = True
    bins = np.linspace(values.min(), values.max(), 90)
    axes.hist(values[~on], bins, color=OFF, label="outputs that should read 0")
    axes.hist(values[on], bins, color=ON, label="outputs that should read 1")
    for value in (-0.25, 0.25, 0.75, 1.25):
        label = "1/4 away from 0 and 1" if value < 0 else None
        axes.axvline(value, color=LINE, linestyle=":", label=label)
    axes.set(
        yscale="log",
        title=f"affine readings of the hidden layer:\n{len(values):,} outputs, {SAMPLES:,} facts",
        xlabel="reading",
        ylabel="outputs of all facts",
    )
    axes.set_ylim(top=40 * axes.get_ylim()[1])
    axes.legend(loc="upper right")
