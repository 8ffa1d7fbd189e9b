"""Bits of a circuit per parameter: compiled, refined and trained networks below the counting bound.

A network of which every parameter is worth b bits holds at most b times as many bits, and a circuit
that is one of 2^k, each of which is another function, takes k bits (`limits/counting.py`, outputs
in order). So k over the parameters is what each parameter must be worth: the more, the better the
network. Beside it: features per neuron.

Rows are networks of pairwise ANDs, permutations and tables of facts, with s features on. *compiled*
and *computed*: the smallest that `compile` finds, which decides its outputs, or computes them
within 1/4 as well. *refined*: the smallest whose refined network is computed. *trained*: of widths
that fall by a factor of 1.4 from the compiled one, or rise, the least that passes. *declared*: the
least size that a construction declares, with nothing built; *bound*: the neurons of a square layer
that holds k bits at one bit per weight. Parameters of trained networks count what outputs read of
every neuron; those of compiled ones leave out what the seed gives. `anatomy.py` says how the hidden
layer of each is built.
"""

from polyseme.learning.toy_models.ceiling.drawn import draw, run
from polyseme.learning.toy_models.ceiling.points import Settings, random_facts

__all__ = ["Settings", "draw", "random_facts", "run"]
