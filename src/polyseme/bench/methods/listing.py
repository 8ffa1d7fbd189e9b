"""All methods of the benchmark, by name."""

from __future__ import annotations

from polyseme.bench.method import Method
from polyseme.bench.methods import (
    activation_patching,
    dictionary_learning,
    edge_attribution,
    fast_ica,
    k_means,
    k_svd,
    logistic_probe,
    nmf,
    weight_reading,
)

# Sorted by name, one line a method.
METHODS: dict[str, Method] = {
    "activation-patching": activation_patching.METHOD,
    "dictionary-learning": dictionary_learning.METHOD,
    "edge-attribution": edge_attribution.METHOD,
    "fast-ica": fast_ica.METHOD,
    "k-means": k_means.METHOD,
    "k-svd": k_svd.METHOD,
    "logistic-probe": logistic_probe.METHOD,
    "nmf": nmf.METHOD,
    "weight-reading": weight_reading.METHOD,
}
