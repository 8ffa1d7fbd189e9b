"""Pass 3: give every region its neurons, and every term its code.

A region's width is its reference width times a factor common to all, found so that the widths add
up to the neurons there are; a region that would be wider than one neuron a codeword gets just that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.codes.affine import affine_capacity, affine_code
from polyseme.codes.balanced import balanced_rows
from polyseme.compiler.regions import (
    Demand,
    Region,
    code_weight,
    input_density,
    reference_width,
)
from polyseme.errors import CompileError


# Codewords of less weight are too easily mistaken for one another.
MIN_WEIGHT = 6
# A pool has room for its words to share at most one neuron, and a little more.
POOL_ROOM = 1.25


@dataclass(frozen=True, eq=False)
class Placement:
    """A region's neurons and the codes of its terms within the whole layer.

    Neurons `begin` to `begin + width`. Term `region.terms[i]` drives `term_neurons[i]`, int32
    (terms, weight), -1 pads (input regions have codes of unequal weight). `readers` lists what the
    outputs read: pairs (output, neuron), int64 (2, pairs). `feature_neurons` gives, in an input
    region, the pairs (feature, neuron) that its features drive.
    """

    region: Region
    kind: str
    begin: int
    width: int
    term_neurons: NDArray[np.int32]
    readers: NDArray[np.int64]
    feature_neurons: NDArray[np.int64] | None = None


def smallest_width(region: Region) -> int:
    """Neurons below which a region cannot be laid out."""
    if region.kind == "territory":
        return region.codewords
    return min(region.codewords, round(1.05 * MIN_WEIGHT * math.sqrt(region.codewords)))


def widths_for(regions: list[Region], neurons: int, demand: Demand) -> NDArray[np.int64]:
    """Widths that add up to at most `neurons`, in proportion to what each region asks for.

    Raises CompileError when there are fewer neurons than the smallest layout needs.
    """
    least = np.array([smallest_width(region) for region in regions])
    if least.sum() > neurons:
        raise CompileError(f"{neurons} neurons are fewer than the {least.sum()} this circuit needs")
    most = np.array([widest(region) for region in regions])
    asked = np.array([reference_width(region, demand) for region in regions])
    low, high = 0.0, 1e6
    for _ in range(80):
        factor = (low + high) / 2
        total = np.clip(np.floor(factor * asked), least, most).sum()
        low, high = (factor, high) if total <= neurons else (low, factor)
    return np.clip(np.floor(low * asked), least, most).astype(np.int64)


def widest(region: Region) -> int:
    """Neurons beyond which a region gains nothing: one for each thing it tells apart."""
    return len(region.terms) if region.kind == "territory" else region.codewords


def place_regions(
    regions: list[Region],
    widths: NDArray[np.int64],
    terms: Terms,
    active: int,
    generator: np.random.Generator,
) -> list[Placement]:
    """Draw the codes of every region from the generator."""
    placements, begin = [], 0
    for region, width in zip(regions, widths.tolist(), strict=True):
        placements.append(_place(region, begin, width, terms, active, generator))
        begin += width
    return placements


def _place(
    region: Region,
    begin: int,
    width: int,
    terms: Terms,
    active: int,
    generator: np.random.Generator,
) -> Placement:
    if region.kind == "territory":
        return _place_territory(region, begin, width, terms, generator)
    if width >= region.codewords:
        rows = np.arange(region.codewords, dtype=np.int32)[:, None]
        return _coded("own", region, begin, width, terms, rows)
    if region.kind == "input":
        return _place_input(region, begin, width, terms, active, generator)
    rows = _code_rows(region, width, generator)
    return _coded(region.kind, region, begin, width, terms, rows)


def _code_rows(region: Region, width: int, generator: np.random.Generator) -> NDArray[np.int32]:
    """The codewords of a code region; lighter ones where only they fit without sharing two."""
    weight = code_weight(region.needed, width)
    if region.kind == "pools":
        return _pooled_rows(region, width, weight, generator)
    while weight > MIN_WEIGHT and affine_capacity(width, weight) < region.codewords:
        weight -= 1
    return _words(region.codewords, width, weight, generator)


def _pooled_rows(
    region: Region, width: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Codes drawn inside one pool an owner; pools are cut from random permutations of the region."""
    owners, pool, crowd = np.unique(region.pool, return_inverse=True, return_counts=True)
    sizes = np.maximum(POOL_ROOM * weight * np.sqrt(crowd), width * crowd / len(pool))
    sizes = np.minimum(np.ceil(sizes).astype(np.int64), width)
    rows = np.empty((len(pool), weight), np.int32)
    stream = generator.permutation(width)
    # Heaviest first: those cut from one permutation do not meet, and they are on most often.
    for number in np.argsort(-crowd, kind="stable"):
        if len(stream) < sizes[number]:
            stream = generator.permutation(width)
        neurons, stream = stream[: sizes[number]], stream[sizes[number] :]
        rows[pool == number] = neurons[_words(int(crowd[number]), len(neurons), weight, generator)]
    return rows


def _words(
    count: int, width: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Words that share at most one neuron where that many fit, balanced random ones otherwise."""
    if affine_capacity(width, weight) >= count:
        return affine_code(count, width, weight, generator).positions
    return balanced_rows(count, width, weight, generator)


def _coded(
    kind: str, region: Region, begin: int, width: int, terms: Terms, rows: NDArray[np.int32]
) -> Placement:
    term_neurons = (begin + rows[region.codeword]).astype(np.int32)
    return Placement(
        region, kind, begin, width, term_neurons, _readers(region, terms, term_neurons)
    )


def _readers(region: Region, terms: Terms, term_neurons: NDArray[np.int32]) -> NDArray[np.int64]:
    """Distinct pairs (output, neuron) with the neuron in a code of one of the output's terms."""
    row, column = np.nonzero(term_neurons >= 0)
    pairs = np.stack((terms.output[region.terms][row].astype(np.int64), term_neurons[row, column]))
    return np.unique(pairs, axis=1)


def _place_territory(
    region: Region, begin: int, width: int, terms: Terms, generator: np.random.Generator
) -> Placement:
    """Share the neurons among the outputs by their terms; each term drives one, evenly."""
    crowd = np.bincount(region.codeword)
    sizes = _shares(crowd, width)
    starts = np.cumsum(sizes) - sizes
    order = generator.permutation(len(region.terms))
    rank = np.empty(len(order), np.int64)
    by_codeword = order[np.argsort(region.codeword[order], kind="stable")]
    first = np.cumsum(crowd) - crowd
    rank[by_codeword] = np.arange(len(order)) - first[region.codeword[by_codeword]]
    neuron = begin + starts[region.codeword] + rank % sizes[region.codeword]
    term_neurons = neuron.astype(np.int32)[:, None]
    readers = _readers(region, terms, term_neurons)
    return Placement(region, "territory", begin, width, term_neurons, readers)


def _shares(crowd: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Cut `width` neurons among outputs so that the heaviest load is as light as can be."""
    low, high = 0.0, float(crowd.max())
    for _ in range(60):
        load = (low + high) / 2
        fits = load > 0 and np.ceil(crowd / load).sum() <= width
        low, high = (low, load) if fits else (load, high)
    return np.ceil(crowd / high).astype(np.int64)


def _place_input(
    region: Region,
    begin: int,
    width: int,
    terms: Terms,
    active: int,
    generator: np.random.Generator,
) -> Placement:
    """Give each feature a random set of neurons; a term's code is what its features share."""
    picked = terms.select(region.terms)
    features, local = np.unique(picked.literals, return_inverse=True)
    weight = max(1, round(width * input_density(region.needed, active)))
    # Independent sets, not balanced rows: rows cut from one permutation would never meet.
    rows = generator.permuted(np.tile(np.arange(width), (len(features), 1)), axis=1)[:, :weight]
    member = np.zeros((len(features), width), bool)
    member[np.arange(len(features))[:, None], rows] = True
    shared = np.logical_and.reduceat(member[local], picked.offsets[:-1], axis=0)
    if not shared.any(axis=1).all():
        raise CompileError(f"{width} neurons are too few for the input channel's codes to meet")
    counts = shared.sum(axis=1)
    term_neurons = np.full((len(region.terms), int(counts.max())), -1, np.int32)
    row, column = np.nonzero(shared)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    term_neurons[row, place] = begin + column
    driven = np.stack((np.repeat(features, weight).astype(np.int64), begin + rows.ravel()))
    readers = _readers(region, terms, term_neurons)
    return Placement(region, "input", begin, width, term_neurons, readers, driven)


def wanted_reads(
    placements: list[Placement], terms: Terms, neurons: int, active: int
) -> sp.csr_array:
    """What each neuron should read of each feature: +1, -1, or the owner's weight.

    Float32 (neurons, features). A feature read by several terms of a neuron counts once; one read
    both plain and negated counts nothing.
    """
    rows, columns, values = [], [], []
    for placement in placements:
        for row, column, value in _placement_reads(placement, terms):
            rows.append(row)
            columns.append(column)
            values.append(value)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    wanted = sp.coo_array(entries, shape=(neurons, terms.features)).tocsr()
    wanted.sum_duplicates()
    wanted.data = np.sign(wanted.data).astype(np.float32)
    wanted.eliminate_zeros()
    return _with_owners(wanted, placements, active)


Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _placement_reads(placement: Placement, terms: Terms) -> list[Entries]:
    region = placement.region
    if placement.feature_neurons is not None:
        feature, neuron = placement.feature_neurons
        return [(neuron, feature, np.ones(len(neuron), np.int64))]
    picked = terms.select(region.terms)
    rest = picked.literals != region.owner
    term, literal = picked.term_of_literal[rest], picked.literals[rest].astype(np.int64)
    sign = picked.signs[rest].astype(np.int64)
    entries = []
    for neuron in placement.term_neurons.T:
        entries.append((neuron[term].astype(np.int64), literal, sign))
    return entries


def owner_weight(region: Region, active: int) -> int:
    """How hard an owner works its pool: enough to keep it shut whatever else is on."""
    return max(region.needed + 1, active)


def _with_owners(wanted: sp.csr_array, placements: list[Placement], active: int) -> sp.csr_array:
    pools = [placement for placement in placements if placement.region.owner >= 0]
    if not pools:
        return wanted
    rows = np.concatenate([np.arange(p.begin, p.begin + p.width) for p in pools])
    columns = np.concatenate([np.full(p.width, p.region.owner) for p in pools])
    weights = [owner_weight(p.region, active) * p.region.owner_sign for p in pools]
    values = np.repeat(np.array(weights, np.float32), [p.width for p in pools])
    owners = sp.coo_array((values, (rows, columns)), shape=wanted.shape).tocsr()
    return (wanted + owners).tocsr()
