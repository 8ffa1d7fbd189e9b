"""Facts of a compiled table changed in its weights: `ps.edit`.

A fact is a subject that some units of its object read (`key.columns_of`). To change it, the units
of the old object stop reading the subject, and those of the new object read it as strongly as they
read other subjects (`units.py`). Biases, thresholds, encoder and all other rows stay. Circuit and
key are those of the edited table, so that the pair is as true as one that was compiled. Then every
fact is asked, and all outputs are compared with the edited circuit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.term_wires import wires_of_terms
from polyseme.circuits.terms import terms_of
from polyseme.common.arguments import instance, shown_value
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.ragged import row_offsets
from polyseme.errors import OptionError, SourceError
from polyseme.interpret.editing.facts import Fact, Table
from polyseme.interpret.editing.units import EditedRows
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.ends import Readout
from polyseme.networks.layer_key import LayerKey
from polyseme.networks.network import Network
from polyseme.verification.sampling import wrong_samples


@dataclass(frozen=True, eq=False)
class Edited:
    """A network with other facts.

    Attributes:
        network: The edited network, with a circuit and a key that are true of it.
        changed: The facts that were set or removed, in words.
        failed: Those of them that the network does not answer as edited.
        facts_checked: Number of facts that were asked, edited ones among them.
        disturbed: Other facts, that is subjects and relations, that any output is wrong about.
    """

    network: Network
    changed: tuple[str, ...]
    failed: tuple[str, ...]
    facts_checked: int
    disturbed: tuple[str, ...]

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        return (
            f"{len(self.changed):,} facts changed, of which {len(self.failed):,} did not take; of "
            f"{self.facts_checked:,} facts asked {len(self.disturbed):,} others are wrong"
        )


def edit(
    network: Network,
    *,
    set: Sequence[str] = (),
    remove: Sequence[str] = (),
    progress: Watcher = None,
) -> Edited:
    """Return a compiled table of facts with some facts set or removed, by edits of its weights.

    Args:
        network: A network of one hidden layer, with its answer key, compiled from a table.
        set: Facts "SUBJECT: RELATION=OBJECT". What the subject had for the relation goes. Subject,
            relation and object must be known to the table; what is set may be new to it.
        remove: Facts "SUBJECT: RELATION", all objects of which go.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The edited network, and what every fact answers after the edit.

    Raises:
        OptionError: There is no key or no table, an argument is no such list, or nothing is asked.
        SourceError: A subject, relation or object is not in the table, or is said twice.
        CapacityError: A weight would not fit into 16 bits.

    Example:
        >>> import polyseme as ps
        >>> of = {"Paris": "France", "Lyon": "France", "Lima": "Peru", "Cusco": "Peru"}
        >>> table = ps.problems.facts({city: {"in": country} for city, country in of.items()})
        >>> edited = ps.edit(ps.compile(table), set=["Lyon: in=Peru"])
        >>> edited.network.run(["Lyon", "in"]), edited.disturbed
        (['in=Peru'], ())
    """
    instance("network", network, Network, "a network")
    key = network.key
    if key is None or not key.has_terms:
        raise OptionError("facts are edited in networks of one hidden layer with an answer key")
    if key.layers[0].compression is None and key.layers[0].reads is None:
        raise OptionError("the key of this network does not say what its units read")
    table = Table.of(key.circuit, key.terms)
    wanted = _wanted(table, _listed("set", set), _listed("remove", remove))
    with watched(progress):
        with phase("changing weights"):
            edited = _edited(network, key, table, wanted)
        with phase("asking every fact"):
            return _checked(edited, table, wanted)


def _listed(name: str, given: Sequence[str]) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise OptionError(f"{name} is {shown_value(given)}; it must be a list of facts")
    return list(given)


# What a subject should have for a relation: outputs, none where it is removed.
_Wanted = dict[tuple[int, int], list[int]]


def _wanted(table: Table, given: list[str], removed: list[str]) -> _Wanted:
    wanted: _Wanted = {}
    for text, with_object in [(text, True) for text in given] + [(text, False) for text in removed]:
        subject, relation, output = table.parsed(text, with_object)
        if (subject, relation) in wanted:
            raise SourceError(f"{table.spelt(subject, relation, -1)} is edited twice")
        if not with_object and not table.of_pair(subject, relation):
            raise SourceError(f"{table.spelt(subject, relation, -1)} is no fact of the table")
        wanted[subject, relation] = [output] if with_object else []
    if not wanted:
        raise OptionError("nothing is asked for: name a fact to set or to remove")
    return wanted


def _edited(network: Network, key: AnswerKey, table: Table, wanted: _Wanted) -> Network:
    """Return the network with changed weights, readout, circuit and key."""
    held = key.layers[0]
    placed = {
        Fact(*map(int, row)): held.units[held.offsets[term] : held.offsets[term + 1]]
        for term, row in enumerate(table.facts)
    }
    rows = EditedRows(network.layers[0], held, key.encoder)
    load = np.bincount(held.units, minlength=held.width)
    channel_of = {int(row[0]): int(held.channels[term]) for term, row in enumerate(table.facts)}
    # New facts are placed before old ones go, whose objects may have no other.
    strength: dict[tuple[int, int], int] = {}
    before = dict(placed)
    for (subject, relation), outputs in wanted.items():
        for fact in [Fact(output, subject, relation) for output in outputs]:
            if fact in placed:
                continue
            units = _units_for(fact, placed, load)
            for unit in units.tolist():
                strength[unit, subject] = _strength(rows, fact, unit, before)
            placed[fact] = units
            load[units] += 1
    gone = {
        fact: placed.pop(fact)
        for (subject, relation), outputs in wanted.items()
        for fact in table.of_pair(subject, relation)
        if fact.output not in outputs
    }
    read = {(unit, fact.subject) for fact, units in placed.items() for unit in units.tolist()}
    for fact, units in gone.items():
        for unit in units.tolist():
            if (unit, fact.subject) not in read:
                rows.change(unit, fact.subject, 0)
    for (unit, subject), wished in strength.items():
        rows.change(unit, subject, wished)
    layer = rows.edited_layer()
    circuit = table.with_facts(list(placed))
    terms = terms_of(circuit)
    pairs = Table.of(circuit, terms).facts
    runs = [placed[Fact(*map(int, row))] for row in pairs]
    matrix = rows.edited_reads(layer)
    layer_key = LayerKey(
        held.width,
        wires_of_terms(circuit),
        row_offsets([len(run) for run in runs]),
        np.concatenate(runs).astype(np.int32),
        np.zeros(len(runs), bool),
        of_terms=True,
        channels=np.array([channel_of[int(row[0])] for row in pairs], np.uint8),
        compression=matrix if held.factors else None,
        reads=None if held.factors else matrix,
        resolution=held.resolution,
    )
    origin = replace(network.provenance, gates=circuit.gates, channels=layer_key.channel_counts())
    return replace(
        network,
        layers=(layer,),
        readout=_without(network.readout, circuit.outputs < 0),
        provenance=origin,
        key=AnswerKey(circuit, key.encoder, (layer_key,)),
    )


def _units_for(
    fact: Fact, placed: dict[Fact, NDArray[np.int32]], load: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the units of a new fact: those of its object, or as many of them as its facts have.

    Where every fact of an object has some of its units, they are those with the fewest facts.
    """
    alike = [units for one, units in placed.items() if one.output == fact.output]
    object_units = np.unique(np.concatenate(alike))
    count = int(np.median([len(units) for units in alike]))
    fewest = object_units[np.argsort(load[object_units], kind="stable")]
    return np.sort(fewest[:count]).astype(np.int32)


def _strength(
    rows: EditedRows, fact: Fact, unit: int, placed: dict[Fact, NDArray[np.int32]]
) -> int:
    """Return how strongly a unit reads the other subjects of an object, in the middle."""
    others = [
        rows.read(unit, one.subject)
        for one, units in placed.items()
        if one.output == fact.output and unit in units
    ]
    return int(np.median(others)) if others else rows.key.resolution


def _without(readout: Readout, nothing: NDArray[np.bool_]) -> Readout:
    """Return the readout with outputs that have no fact never on: they read nothing."""
    counts = np.where(nothing, 0, np.diff(readout.offsets))
    kept = np.repeat(~nothing, np.diff(readout.offsets))
    thresholds = np.where(nothing, np.float32(np.inf), readout.thresholds)
    return replace(
        readout,
        offsets=row_offsets(counts),
        neurons=readout.neurons[kept],
        weights=readout.weights[kept],
        thresholds=thresholds.astype(np.float32),
    )


def _checked(edited: Network, table: Table, wanted: _Wanted) -> Edited:
    """Return the edited network with every subject and relation asked that had or have a fact."""
    assert edited.key is not None
    circuit = edited.key.circuit
    now = Table.of(circuit, terms_of(circuit)).facts
    asked = np.unique(np.concatenate((now[:, 1:], np.array(list(wanted), np.int64))), axis=0)
    wrong = wrong_samples(edited, circuit, asked.astype(np.int32))
    is_edited = np.array([(int(a), int(b)) in wanted for a, b in asked], bool)

    def spelt(which: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(table.spelt(int(a), int(b), -1) for a, b in asked[which])

    changed = tuple(
        table.spelt(subject, relation, outputs[0] if outputs else -1)
        for (subject, relation), outputs in wanted.items()
    )
    return Edited(edited, changed, spelt(wrong & is_edited), len(asked), spelt(wrong & ~is_edited))
