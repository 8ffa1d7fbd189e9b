"""All methods of the benchmark, by name."""

from __future__ import annotations

from polyseme.bench.method import Method
from polyseme.bench.methods import k_means

# Sorted by name, one line a method.
METHODS: dict[str, Method] = {
    "k-means": k_means.METHOD,
}
