"""The report on every layer of a network of linked facts."""

from __future__ import annotations

from polyseme.compiler.constructions.hops.layout import Layout
from polyseme.compiler.report import LayerDecision
from polyseme.networks.network import Network


def hop_decisions(layout: Layout, network: Network) -> tuple[LayerDecision, ...]:
    """Return a report on every layer of a network built from a layout."""
    relations = layout.relations
    decisions = []
    known = 0
    for number, layer in enumerate(network.layers):
        hop = number - 1
        mine = relations.of_hop(hop)
        objects = sum(len(relations.relations[one].objects) for one in mine)
        computed = objects if mine else len(relations.relations)
        columns = known + objects + len(relations.beyond(hop))
        superposed = any(layout.blocks[one].coded for one in mine)
        decisions.append(
            LayerDecision(
                layer=number,
                columns=columns,
                computed_features=computed,
                neurons=layer.neurons,
                carried=len(layer.carried),
                kind="superposed" if superposed else "monosemantic",
                # A question has a subject and a chain, and a fact per hop.
                share_on=min(2 + hop, 2) / columns,
                mean_on=float(min(2 + hop, 2)),
                predicted_superposed=layer.neurons,
                why=_why(objects, layer.neurons),
            )
        )
        known += objects
    return tuple(decisions)


def _why(objects: int, neurons: int) -> str:
    if not objects:
        return "which relations are asked for"
    return f"{objects:,} objects, {objects / neurons:.1f} per ReLU"
