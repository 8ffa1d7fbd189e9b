"""Gathering terms into regions of the kind that their terms need."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.circuits.circuit import GateKind
from polyseme.compiler.constructions.three_channel.channels import Channel
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.constructions.three_channel.regions.code import Code
from polyseme.compiler.constructions.three_channel.regions.gather import gather_regions
from polyseme.compiler.constructions.three_channel.regions.pools import Pools
from polyseme.compiler.constructions.three_channel.regions.shared_inputs import SharedInputs
from polyseme.compiler.constructions.three_channel.regions.territory import (
    TERRITORY_TERMS,
    Territory,
)
from polyseme.compiler.task import Task
from support.three_channel import ALL_KINDS, literals_of, on_gates, plan_of


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_regions_share_out_the_terms_and_agree_on_what_they_need(kind):
    plan = plan_of(kind)
    terms, chosen = plan.terms, plan.assignment
    in_regions = np.concatenate([region.terms for region in plan.regions])
    assert np.array_equal(np.sort(in_regions), np.arange(len(terms)))
    for region in plan.regions:
        others = 0
        for place, term in enumerate(region.terms.tolist()):
            literals = literals_of(terms, term)
            assert chosen.owner[term] == region.owner
            assert (type(region) is Pools) == (chosen.pool[term] >= 0)
            if isinstance(region, Pools):
                assert chosen.pool[term] == region.pool[place]
            literals.pop(region.owner, None)
            assert sum(sign > 0 for sign in literals.values()) == region.needed
            others += len(literals)
        assert region.reads == others
        in_channel = chosen.channel[region.terms[0]] == Channel.INPUT
        assert (type(region) is SharedInputs) == in_channel


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_terms_share_a_codeword_only_with_terms_of_their_output(kind):
    plan = plan_of(kind)
    for region in plan.regions:
        assert set(region.codeword.tolist()) == set(range(region.codewords))
        assert region.crowd.tolist() == [
            (region.codeword == word).sum() for word in range(region.codewords)
        ]
        outputs: dict[int, set[int]] = {}
        for term, codeword in zip(region.terms, region.codeword, strict=True):
            outputs.setdefault(int(codeword), set()).add(int(plan.terms.output[term]))
        assert all(len(fed) == 1 for fed in outputs.values())
        if region.reads > len(region.terms) and not region.codeword_per_output:
            assert region.codewords == len(region.terms)


def test_outputs_of_more_than_eight_terms_get_a_territory():
    assert {type(region) for region in plan_of("crowded").regions} == {Territory}
    eight = on_gates(40, [(GateKind.OR, list(range(start, start + 8))) for start in range(9)])
    nine = on_gates(40, [(GateKind.OR, list(range(start, start + 9))) for start in range(9)])
    assert [type(r) for r in make_plan(Task(eight, 3, 1e-2)).regions] == [Code]
    assert [type(r) for r in make_plan(Task(nine, 3, 1e-2)).regions] == [Territory]


def test_longer_terms_keep_their_territories_whatever_is_asked_of_single_ones():
    plan = plan_of("ors of ands")
    for most in (TERRITORY_TERMS, 64):
        regions = gather_regions(plan.terms, plan.assignment, most)
        assert {type(region) for region in regions} == {Territory}
    none = gather_regions(plan.terms, plan.assignment, None)
    assert {type(region) for region in none} == {Code}


@pytest.mark.parametrize("kind", ["zipf", "guard", "facts", "mixture"])
def test_regions_are_grouped_as_rows_of_what_they_agree_on(kind):
    """The oracle: terms in a dictionary by channel, owner and inputs, the keys in order."""
    plan = plan_of(kind)
    terms, chosen = plan.terms, plan.assignment
    groups: dict[tuple[int, ...], list[int]] = {}
    for term in range(len(terms)):
        owner, sign = int(chosen.owner[term]), int(chosen.owner_sign[term])
        needed = int(terms.plain[term]) - (owner >= 0 and sign > 0)
        single = int(terms.widths[term]) - (owner >= 0) == 1
        key = (int(chosen.channel[term]), owner, sign, needed, chosen.pool[term] >= 0, single)
        groups.setdefault(key, []).append(term)
    regions = gather_regions(terms, chosen, None)
    assert [region.terms.tolist() for region in regions] == [groups[k] for k in sorted(groups)]
    assert [(r.owner, r.owner_sign, r.needed) for r in regions] == [
        key[1:4] for key in sorted(groups)
    ]
