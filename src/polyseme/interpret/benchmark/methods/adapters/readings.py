"""Readings of autoencoders that sae-lens or overcomplete trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polyseme.common.extras import import_torch
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.claims import Batch, Readings
from polyseme.interpret.benchmark.methods.feature_claims import Floats


def of_sae_lens(autoencoder: Any, site: str) -> Readings:
    """Return the latents of an autoencoder of sae-lens as readings.

    Args:
        autoencoder: An `SAE` or `TrainingSAE`, trained on the numbers at the site.
        site: The site.

    Returns:
        A reading per latent: written along its row of `W_dec`, and on as far as `encode` says.

    Raises:
        OptionError: The object has no `W_dec` and `encode`.

    Example:
        >>> trained = sae_lens.SAETrainer(settings, autoencoder, iter(activations)).fit()
        >>> of_sae_lens(trained, "layers.0.hook_post")
    """
    _check(autoencoder, "an autoencoder of sae-lens", "W_dec", "encode")
    return _readings(autoencoder, site, autoencoder.W_dec, autoencoder.encode)


def of_overcomplete(autoencoder: Any, site: str) -> Readings:
    """Return the concepts of an autoencoder of overcomplete as readings.

    Args:
        autoencoder: An `SAE` of overcomplete, trained on the numbers at the site.
        site: The site.

    Returns:
        A reading per concept: written along its row of the dictionary, and on as far as the second
        result of `encode` says.

    Raises:
        OptionError: The object has no `get_dictionary` and `encode`.

    Example:
        >>> overcomplete.sae.train_sae(autoencoder, activations, criterion, optimizer)
        >>> of_overcomplete(autoencoder, "layers.0.hook_post")
    """
    _check(autoencoder, "an autoencoder of overcomplete", "get_dictionary", "encode")

    def encode(numbers: Any) -> Any:
        return autoencoder.encode(numbers)[1]

    return _readings(autoencoder, site, autoencoder.get_dictionary(), encode)


def _check(autoencoder: Any, kind: str, *wanted: str) -> None:
    for name in wanted:
        if not hasattr(autoencoder, name):
            raise OptionError(f"{type(autoencoder).__name__} is not {kind}: it has no {name}")


def _readings(autoencoder: Any, site: str, written: Any, encode: Callable[[Any], Any]) -> Readings:
    torch = import_torch("bench")
    # Layers such as batch norm differ while training.
    autoencoder.eval()

    def activity(batch: Batch) -> Floats:
        with torch.no_grad():
            codes = encode(torch.from_numpy(batch.activations))
        numbers = codes.detach().to_dense().cpu().numpy()
        return np.asarray(np.maximum(numbers, 0), np.float32)

    directions = written.detach().to_dense().cpu().numpy().astype(np.float32)
    return Readings(site, directions, activity)
