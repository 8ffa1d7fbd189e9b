"""A network in a line, and as a small table for a terminal or a notebook."""

from __future__ import annotations

from polyseme.networks.network import TRAINED, Network
from polyseme.networks.table import Rows, shortened

# Layers of which a table has a row; of more, the first and the last.
_MOST_ROWS = 8
_MOST_LETTERS = 20


def network_line(network: Network) -> str:
    """Return one line about a network, without its arrays."""
    count = len(network.layers)
    layers = "1 layer" if count == 1 else f"{count:,} layers"
    return (
        f"Network({shortened(network.provenance.source)!r}, "
        f"{shortened(network.provenance.construction, _MOST_LETTERS)}: "
        f"{network.neurons_total:,} ReLUs in {layers}, {len(network.encoder.features):,} features, "
        f"{network.provenance.gates:,} gates, {len(network.readout.outputs):,} outputs)"
    )


def network_table(network: Network) -> tuple[str, Rows]:
    """Return the title and the rows of the table of a network."""
    return _title(network), _rows(network)


def _title(network: Network) -> str:
    source = shortened(network.provenance.source)
    if network.provenance.construction == TRAINED:
        return f"{source}, trained"
    return f"{source}, compiled by {shortened(network.provenance.construction, _MOST_LETTERS)}"


def _rows(network: Network) -> Rows:
    layers = [(f"layer {i}", layer.described) for i, layer in enumerate(network.layers)]
    if len(layers) > _MOST_ROWS:
        kept = _MOST_ROWS // 2
        between = ("…", f"{len(layers) - 2 * kept:,} layers more")
        layers = [*layers[:kept], between, *layers[-kept:]]
    gates, exact = network.provenance.gates, network.provenance.monosemantic_neurons
    where = " in its widest layer" if len(network.layers) > 1 else ""
    return [
        ("encoder", network.encoder.described),
        *layers,
        ("readout", network.readout.described),
        ("ReLUs", f"{network.neurons_total:,}, at most {network.neurons:,} per layer"),
        ("gates", f"{gates:,}; an exact network takes {exact:,} ReLUs{where}"),
        ("parameters", f"{network.parameters:,}"),
        ("promise", f"at most {network.provenance.active} features on"),
        ("answer key", "none at hand" if network.key is None else repr(network.key)),
    ]
