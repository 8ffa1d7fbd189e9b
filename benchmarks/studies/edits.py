"""A thousand facts of the airports changed one after another, every fact asked after each batch.

    python benchmarks/studies/edits.py [NEURONS [EDITS [BATCH]]]

An edit draws a fact, and another object of its relation: each object equally likely, however many
airports have it, if any has it still. Edits are made in one network, batch by batch; after each
batch every fact of the table is asked and all outputs are compared with the edited circuit. Some
facts are also changed one at a time in the network as compiled. Seeds 0 of the network and of the
edits.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import polyseme as ps
from polyseme.interpret.editing.facts import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

# Edits made one at a time in the network as compiled.
ALONE = 10


def drawn(
    network: ps.Network, edits: int, edited: set[tuple[int, int]], generator: np.random.Generator
) -> list[str]:
    """Draw facts "SUBJECT: RELATION=OBJECT" of subjects and relations that were not edited yet."""
    assert network.key is not None
    table = Table.of(network.key.circuit, network.key.terms)
    pairs = [tuple(map(int, pair)) for pair in np.unique(table.facts[:, 1:], axis=0)]
    left = [pair for pair in pairs if pair not in edited]
    facts = []
    for place in generator.choice(len(left), edits, replace=False):
        subject, relation = left[place]
        edited.add((subject, relation))
        now = {fact.output for fact in table.of_pair(subject, relation)}
        others = [o for o in np.flatnonzero(table.relation_of == relation) if o not in now]
        facts.append(table.spelt(subject, relation, int(generator.choice(others))))
    return facts


def main() -> None:
    """Edit, and print a line per batch."""
    from airports_table import read_airports

    given = [int(word) for word in sys.argv[1:]]
    neurons, edits, batch = given + [1500, 1000, 50][len(given) :]
    active, epsilon = (2, 0.25) if neurons < 2000 else (3, None)
    network = ps.compile(read_airports(), active=active, neurons=neurons, epsilon=epsilon, seed=0)
    assert network.key is not None
    generator = np.random.default_rng(0)
    started = time.process_time()
    alone = [ps.edit(network, set=[fact]) for fact in drawn(network, ALONE, set(), generator)]
    print(
        f"{network.provenance.construction}, {network.neurons:,} ReLUs; one at a time: "
        f"{len(alone):,} edits, {sum(len(one.failed) for one in alone):,} did not take, "
        f"{sum(len(one.disturbed) for one in alone):,} other facts wrong of "
        f"{sum(one.facts_checked for one in alone):,} asked; "
        f"{time.process_time() - started:.0f} CPU s",
        flush=True,
    )
    failed = disturbed = asked = done = 0
    started = time.process_time()
    edited: set[tuple[int, int]] = set()
    for _ in range(edits // batch):
        one = ps.edit(network, set=drawn(network, batch, edited, generator))
        network = one.network
        done += len(one.changed)
        failed, disturbed = failed + len(one.failed), disturbed + len(one.disturbed)
        asked += one.facts_checked
        print(
            f"after {done:,} edits: {failed:,} did not take, {disturbed:,} other facts wrong of "
            f"{asked:,} asked in all; {time.process_time() - started:.0f} CPU s",
            flush=True,
        )
    assert network.key is not None
    print(f"the key is true of the network: {network.key.belongs_to(network)}")


if __name__ == "__main__":
    main()
