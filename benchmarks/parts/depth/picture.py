"""The picture of depth: error against ReLUs, one line per depth."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from harness.written import save_picture
from parts.depth.readings import Reading


def draw(depths: list[Reading], path: Path) -> None:
    """Draw the share of wrong samples against ReLUs, one line per depth, one panel per width."""
    widths = list(dict.fromkeys(x.width for x in depths))
    samples = depths[0].samples
    figure, grid = plt.subplots(
        1, len(widths), figsize=(12.5, 5), sharey=True, squeeze=False, layout="constrained"
    )
    axes = grid[0]
    figure.suptitle("error of deep networks, layer by layer")
    every = sorted({x.layer for x in depths})
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(every)))
    floor = 1 / (2 * samples)
    for panel, width in zip(axes, widths, strict=True):
        at = sorted({x.layer for x in depths if x.width == width})
        for layer in at:
            points = [x for x in depths if x.width == width and x.layer == layer]
            shares = [max(x.wrong / x.samples, floor) for x in points]
            colour = shades[every.index(layer)]
            label = f"layer {layer}"
            panel.plot([x.neurons for x in points], shares, "o-", color=colour, label=label)
        panel.axhline(floor, color="0.6", linestyle=":")
        panel.annotate(
            f"none wrong of {samples:,}",
            (0.02, floor),
            xytext=(0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color="0.4",
            fontsize=9,
        )
        panel.set(yscale="log", ylim=(floor * 0.8, 1.3), xlabel="ReLUs per layer")
        panel.set_title(f"{width:,} wires per level, {at[-1]} levels")
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        panel.grid(alpha=0.25)
    axes[0].set_ylabel("share of samples with any wire of the layer misread")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    save_picture(figure, path)
    plt.close(figure)
