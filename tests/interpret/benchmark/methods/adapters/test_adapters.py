"""Autoencoders of other packages as claims; in `make test-tools` with the packages themselves."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyseme.errors import OptionError  # noqa: E402
from polyseme.interpret.benchmark.claims import Claims  # noqa: E402
from polyseme.interpret.benchmark.method import Budget  # noqa: E402
from polyseme.interpret.benchmark.methods.adapters.activations import Activations  # noqa: E402
from polyseme.interpret.benchmark.methods.adapters.readings import of_overcomplete, of_sae_lens  # noqa: E402
from polyseme.interpret.benchmark.methods.feature_claims import unlabelled  # noqa: E402
from support.bench_subjects import GATES, superposed  # noqa: E402

WIDTH = 77


class _Packaged(torch.nn.Module):
    """An autoencoder with what the adapters use of both packages."""

    def __init__(self) -> None:
        super().__init__()
        self.W_dec = torch.nn.Parameter(torch.eye(5, WIDTH))

    def get_dictionary(self) -> torch.Tensor:
        return self.W_dec

    def encode(self, numbers: torch.Tensor) -> torch.Tensor:
        return numbers @ self.W_dec.T


class _Pair(_Packaged):
    def encode(self, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        codes = super().encode(numbers)
        return -codes, codes


def activations(samples: int = 512) -> Activations:
    subject = superposed()
    assert subject.truth.sites[GATES].directions.shape[1] == WIDTH
    return Activations(subject.module, subject.sampler(0), Budget(samples, 128, {}, 0), GATES)


@pytest.mark.parametrize(("adapt", "kind"), [(of_sae_lens, _Packaged), (of_overcomplete, _Pair)])
def test_latents_are_readings(adapt, kind):
    readings = adapt(kind(), GATES)
    numbers = next(iter(activations())).numpy()
    np.testing.assert_array_equal(readings.directions, np.eye(5, WIDTH))
    np.testing.assert_array_equal(readings.activity(unlabelled(numbers)), numbers[:, :5])
    assert Claims((readings,)).at(GATES) is readings


@pytest.mark.parametrize("adapt", [of_sae_lens, of_overcomplete])
def test_what_is_no_autoencoder_is_refused(adapt):
    with pytest.raises(OptionError, match="Linear is not an autoencoder of"):
        adapt(torch.nn.Linear(2, 2), GATES)


def test_activations_are_the_same_batches_every_time():
    batches = activations()
    assert [batch.shape for batch in batches] == [(128, WIDTH)] * 4
    assert len(batches) == 4
    assert all(torch.equal(a, b) for a, b in zip(batches, batches, strict=True))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(find_spec("sae_lens") is None, reason="sae-lens is not installed")
def test_an_autoencoder_trained_by_sae_lens(older_packages):
    from sae_lens import SAETrainer, TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.config import LoggingConfig, SAETrainerConfig

    data = activations(512 * 40)
    settings = SAETrainerConfig(
        total_training_samples=128 * len(data) // 2,
        train_batch_size_samples=128,
        lr_end=3e-5,
        logger=LoggingConfig(log_to_wandb=False),
    )
    sae = TopKTrainingSAE(TopKTrainingSAEConfig(d_in=WIDTH, d_sae=100, k=8))
    trained = SAETrainer(settings, sae, iter(data)).fit()
    readings = of_sae_lens(trained, GATES)
    numbers = next(iter(data)).numpy()
    codes = readings.activity(unlabelled(numbers))
    assert readings.directions.shape == (100, WIDTH)
    assert codes.shape == (128, 100)
    assert 0 < (codes > 0).sum(axis=1).mean() <= 8


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(find_spec("overcomplete") is None, reason="overcomplete is not installed")
def test_an_autoencoder_trained_by_overcomplete(older_packages):
    from overcomplete.sae import TopKSAE, train_sae

    data = activations(512 * 8)
    sae = TopKSAE(WIDTH, nb_concepts=100, top_k=8)

    def criterion(numbers, found, *further):
        return (numbers - found).square().mean()

    optimizer = torch.optim.Adam(sae.parameters(), 1e-3)
    train_sae(sae, data, criterion, optimizer, nb_epochs=1, monitoring=0)
    readings = of_overcomplete(sae, GATES)
    codes = readings.activity(unlabelled(next(iter(data)).numpy()))
    assert readings.directions.shape == (100, WIDTH)
    assert 0 < (codes > 0).sum(axis=1).mean() <= 8
