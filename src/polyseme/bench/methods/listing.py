"""Every method of the benchmark by name."""

from __future__ import annotations

from collections.abc import Mapping

from polyseme.bench.method import Method
from polyseme.bench.methods import (
    batch_topk_sae,
    cross_layer_transcoder,
    gated_sae,
    jumprelu_sae,
    matryoshka_sae,
    relu_sae,
    skip_transcoder,
    spd,
    topk_sae,
    transcoder,
)

METHODS: Mapping[str, Method] = {
    "batch-topk-sae": batch_topk_sae.METHOD,
    "cross-layer-transcoder": cross_layer_transcoder.METHOD,
    "gated-sae": gated_sae.METHOD,
    "jumprelu-sae": jumprelu_sae.METHOD,
    "matryoshka-sae": matryoshka_sae.METHOD,
    "relu-sae": relu_sae.METHOD,
    "skip-transcoder": skip_transcoder.METHOD,
    "spd": spd.METHOD,
    "topk-sae": topk_sae.METHOD,
    "transcoder": transcoder.METHOD,
}
