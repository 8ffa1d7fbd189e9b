"""Pass 4: place every region, and every term in its region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.codes.balanced import balanced_rows
from polyseme.compiler.constructions.three_channel.codewords import code_rows
from polyseme.compiler.constructions.three_channel.regions import (
    Region,
    input_density,
    territory_weight,
)
from polyseme.errors import TooFewNeuronsError


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
    rows = code_rows(region, width, terms, generator)
    return _coded(region.kind, region, begin, width, terms, rows)


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
    """Share the neurons among the outputs by their terms; an output's terms use its own evenly."""
    weight = territory_weight(region)
    crowd = np.bincount(region.codeword)
    sizes = territory_sizes(region, width)
    starts = begin + np.cumsum(sizes) - sizes
    term_neurons = np.empty((len(region.terms), weight), np.int32)
    for output, size in enumerate(sizes.tolist()):
        rows = balanced_rows(int(crowd[output]), size, weight, generator)
        term_neurons[region.codeword == output] = starts[output] + rows
    readers = _readers(region, terms, term_neurons)
    return Placement(region, "territory", begin, width, term_neurons, readers)


def territory_sizes(region: Region, width: int) -> NDArray[np.int64]:
    """Cut `width` neurons among outputs so that the heaviest load is as light as can be."""
    crowd, least = np.bincount(region.codeword), territory_weight(region)
    low, high = 0.0, float(crowd.max())
    for _ in range(60):
        load = (low + high) / 2
        fits = load > 0 and np.maximum(np.ceil(crowd / load), least).sum() <= width
        low, high = (low, load) if fits else (load, high)
    return np.maximum(np.ceil(crowd / high), least).astype(np.int64)


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
        raise TooFewNeuronsError(
            f"{width} neurons are too few for the input channel's codes to meet"
        )
    counts = shared.sum(axis=1)
    term_neurons = np.full((len(region.terms), int(counts.max())), -1, np.int32)
    row, column = np.nonzero(shared)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    term_neurons[row, place] = begin + column
    driven = np.stack((np.repeat(features, weight).astype(np.int64), begin + rows.ravel()))
    readers = _readers(region, terms, term_neurons)
    return Placement(region, "input", begin, width, term_neurons, readers, driven)
