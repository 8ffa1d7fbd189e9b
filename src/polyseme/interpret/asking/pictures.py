"""Pictures of a gate and of a neuron, with matplotlib."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from polyseme.common.arguments import instance, text
from polyseme.common.extras import import_matplotlib
from polyseme.common.files import write_whole
from polyseme.errors import OptionError, SourceError
from polyseme.interpret.asking.questions import about_unit, units_of
from polyseme.interpret.asking.reads import reads_of_unit
from polyseme.interpret.asking.tables import rows_of
from polyseme.networks import sites
from polyseme.networks.checks import check_path
from polyseme.networks.network import Network

_SHOWN = 30
_INPUTS = 12


def draw_gate(network: Network, name: str, path: str | os.PathLike[str]) -> None:
    """Draw what the units of an output do as its inputs are switched on, as PNG.

    The columns are inputs: nothing, each literal of a term alone, all of them, and these beside
    random features, as many as the promise allows. The last row is the reading minus the threshold.

    Args:
        network: A network with its answer key.
        name: The name of an output that needs the last layer's units.
        path: The file to write; it appears whole or not at all.

    Raises:
        MissingExtraError: matplotlib is not installed.
        SourceError: No output has this name.
        OptionError: The network has no key, the output is constant, or an argument is of a wrong
            type.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b"), construction="monosemantic")
        >>> ps.draw_gate(network, "y", "gate.png")
    """
    instance("network", network, Network, "a network")
    text("name", name)
    check_path(path)
    figure_of = _figures()
    output = network.readout.outputs.find(name)
    if output is None:
        raise SourceError(f"no output is named {name[:40]!r}")
    if network.key is None:
        raise OptionError("a gate is drawn with the inputs that the answer key says it has")
    labels, inputs = _inputs_of(network, output)
    units = [row["unit"] for row in rows_of(units_of(network, name)) if row["weight"]][:_SHOWN]
    seen = network.activations(inputs)
    last = seen[sites.post(len(network.layers) - 1)]
    margin = seen[sites.READOUT][:, output]
    figure = figure_of(figsize=(8, 2.5 + 0.16 * len(units)), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(max(2, len(units) / 4), 1), sharex=True)
    shown = above.imshow(last[:, units].T, aspect="auto", cmap="viridis", interpolation="nearest")
    above.set_yticks(range(len(units)), [str(unit) for unit in units], fontsize=6)
    above.set_ylabel("unit")
    above.set_title(f"{name}: activations of its units")
    figure.colorbar(shown, ax=above)
    colors = np.where(margin >= 0, "tab:green", "0.6")
    below.bar(range(len(labels)), margin, color=colors)
    below.axhline(0, color="black", lw=0.8)
    below.set_ylabel("reading -\nthreshold")
    below.set_xticks(range(len(labels)), labels, rotation=30, ha="right", fontsize=7)
    _save(figure, path)


def draw_neuron(network: Network, unit: int, path: str | os.PathLike[str], layer: int = 0) -> None:
    """Draw what a unit reads of everything, and of its own features by name, as PNG.

    Args:
        network: A network; its own features are told apart with the answer key only.
        unit: The number of the unit.
        path: The file to write; it appears whole or not at all.
        layer: The number of its layer; a deeper one needs the answer key.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OptionError: There is no such unit, a deeper layer has no key, or an argument is of a wrong
            type.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("y = a & b"), construction="monosemantic")
        >>> ps.draw_neuron(network, 0, "neuron.png")
    """
    instance("network", network, Network, "a network")
    check_path(path)
    figure_of = _figures()
    rows = rows_of(about_unit(network, unit, layer, most=_SHOWN))
    reads = reads_of_unit(network, unit, layer)
    strongest = max(1, int(np.abs(reads).max()))
    figure = figure_of(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(reads / strongest, bins=61, color="0.6", log=True)
    bend = -float(network.layers[layer].bias[unit]) / strongest
    left.axvline(bend, color="tab:red", lw=1, label="sum at which it bends")
    left.set_xlabel("read, in shares of the strongest")
    left.set_ylabel("number of features" if layer == 0 else "number of wires")
    left.legend(fontsize=7)
    own = [bool(row["own"]) for row in rows]
    right.barh(
        range(len(rows)),
        [row["strength"] for row in rows],
        color=["tab:blue" if one else "0.7" for one in own],
    )
    names = [row["reads"][:28] for row in rows]
    right.set_yticks(range(len(rows)), names, fontsize=6)
    right.invert_yaxis()
    right.set_title("strongest; its own in blue" if any(own) else "strongest", fontsize=9)
    figure.suptitle(f"unit {unit} of layer {layer}")
    _save(figure, path)


def _figures() -> Callable[..., Any]:
    """Return matplotlib's class of figures, which opens no window as pyplot may."""
    import_matplotlib("a picture")
    from matplotlib.figure import Figure

    return Figure


def _inputs_of(network: Network, output: int) -> tuple[list[str], Any]:
    """Return labels and inputs: the literals of a term alone, together, and beside others."""
    key = network.key
    assert key is not None
    features = network.encoder.features
    if key.has_terms:
        terms = key.terms
        [*of_output] = np.flatnonzero(terms.output == output)[:1]
        if not of_output:
            raise OptionError(f"output {network.readout.outputs[output][:40]!r} is constant")
        run = slice(int(terms.offsets[of_output[0]]), int(terms.offsets[of_output[0] + 1]))
        plain = [int(one) for one in terms.literals[run][terms.signs[run] > 0]]
    else:
        sample = network.sample("satisfied", 200)
        on = key.labels(sample, sites.READOUT).toarray()[:, output]
        found = np.flatnonzero(on)
        plain = np.flatnonzero(sample[found[0]]).tolist() if len(found) else []
    matrix, labels = [np.zeros(len(features), bool)], ["nothing"]
    sets = [[one] for one in plain] if len(plain) > 1 else []
    for chosen in [*sets, plain]:
        row = np.zeros(len(features), bool)
        row[chosen] = True
        matrix.append(row)
        labels.append(" + ".join(features[one] for one in chosen)[:30])
    more = network.provenance.active - len(plain)
    draw = np.random.default_rng(0)
    for _ in range(_INPUTS if more > 0 else 0):
        row = matrix[len(sets) + 1].copy()
        row[draw.choice(np.flatnonzero(~row), more, replace=False)] = True
        matrix.append(row)
        labels.append(f"and {more} other{'s' if more > 1 else ''}")
    return labels, np.array(matrix)


def _save(figure: Any, path: str | os.PathLike[str]) -> None:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": None})
    write_whole(path, content.getvalue())
