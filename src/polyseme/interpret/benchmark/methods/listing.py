"""Every method of the benchmark by name."""

from __future__ import annotations

from collections.abc import Mapping

from polyseme.interpret.benchmark.method import Method
from polyseme.interpret.benchmark.methods import (
    activation_patching,
    apd,
    batch_topk_sae,
    cross_layer_transcoder,
    dictionary_learning,
    edge_attribution,
    fast_ica,
    gated_sae,
    jumprelu_sae,
    k_means,
    k_svd,
    logistic_probe,
    matryoshka_sae,
    nmf,
    relu_sae,
    skip_transcoder,
    spd,
    topk_sae,
    transcoder,
    weight_reading,
)

# Sorted by name, one line per method.
METHODS: Mapping[str, Method] = {
    "activation-patching": activation_patching.METHOD,
    "apd": apd.METHOD,
    "batch-topk-sae": batch_topk_sae.METHOD,
    "cross-layer-transcoder": cross_layer_transcoder.METHOD,
    "dictionary-learning": dictionary_learning.METHOD,
    "edge-attribution": edge_attribution.METHOD,
    "fast-ica": fast_ica.METHOD,
    "gated-sae": gated_sae.METHOD,
    "jumprelu-sae": jumprelu_sae.METHOD,
    "k-means": k_means.METHOD,
    "k-svd": k_svd.METHOD,
    "logistic-probe": logistic_probe.METHOD,
    "matryoshka-sae": matryoshka_sae.METHOD,
    "nmf": nmf.METHOD,
    "relu-sae": relu_sae.METHOD,
    "skip-transcoder": skip_transcoder.METHOD,
    "spd": spd.METHOD,
    "topk-sae": topk_sae.METHOD,
    "transcoder": transcoder.METHOD,
    "weight-reading": weight_reading.METHOD,
}
