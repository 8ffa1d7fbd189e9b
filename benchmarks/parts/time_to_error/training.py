"""Training from random weights, end to end, as one would without a compiler: plain Adam in torch.

The network is relu(W E x + b), with the input codes E that the compiled network of the same size
has. Three ways to train: with the compiled network's readout codes and a bias for every output,
the loss a cross-entropy or a squared hinge; or with a dense readout that is trained as well, which
is a larger network. Inputs are fresh ones in every batch, from the distribution that errors are
counted on. The clock runs for drawing inputs and for steps, and stands while held-out inputs are
tried.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

import polyseme as ps
from harness.compiling import draw_inputs, evaluate_sparse, readout_matrix, terms_of

_SEED, _INPUTS = 0, 5
_BIAS = 2.0
# How steep outputs are, and how far below their threshold they start: most outputs are mostly off.
_BEGIN = {"cross-entropy": (8.0, 0.5), "hinge": (1.0, 0.5), "dense readout": (1.0, 4.0)}
_HINGE = 0.3
# Tried on few first, on all where those pass; and again when training took a twentieth longer.
_FIRST_LOOK, _PATIENCE = 2_000, 1.05


@dataclass(frozen=True)
class Trained:
    """The end of a training: its seconds and steps, held-out inputs wrong, numbers trained."""

    seconds: float
    steps: int
    wrong: int
    parameters: int


class Trainee(torch.nn.Module):
    """The network in training; its outputs are on at 0 and above."""

    def __init__(self, network: ps.Network, way: str) -> None:
        """Take the codes of a compiled network, and random weights of its size."""
        super().__init__()
        torch.manual_seed(_SEED)
        code = network.encoder.code.matrix()
        neurons, dimensions = network.layers[0].weights.shape
        outputs = len(network.readout.outputs)
        length = float(np.sqrt(network.encoder.code.weight))
        self.register_buffer("code", torch.from_numpy(code.toarray().astype(np.float32) / length))
        self.weights = torch.nn.Parameter(torch.randn(neurons, dimensions) / dimensions**0.5)
        # Well above the bend, so that outputs can be read through negative signs too.
        self.bias = torch.nn.Parameter(torch.full((neurons,), _BIAS))
        sharpness, below = _BEGIN[way]
        self.sharpness = torch.nn.Parameter(torch.tensor(sharpness))
        if way == "dense readout":
            self.readout = torch.nn.Parameter(torch.randn(outputs, neurons) / neurons**0.5)
        else:
            fixed = readout_matrix(network)
            fixed = fixed.toarray() / np.float32(np.diff(fixed.indptr)[0])
            self.register_buffer("readout", torch.from_numpy(fixed))
        with torch.no_grad():
            resting = self.readout @ torch.relu(self.bias)
        self.level = torch.nn.Parameter(-resting - below)

    def forward(self, active: torch.Tensor) -> torch.Tensor:
        """Return outputs (samples, outputs) for features that are on, int64 (samples, width)."""
        encoded = torch.nn.functional.embedding_bag(active, self.get_buffer("code"), mode="sum")
        hidden = torch.relu(encoded @ self.weights.T + self.bias)
        return (hidden @ self.readout.T + self.level) * self.sharpness


def train(
    network: ps.Network,
    circuit: ps.Circuit,
    way: str,
    rate: float,
    batch: int,
    held_out: NDArray[np.int32],
    allowed: int,
    limit: float,
) -> Trained:
    """Train until at most `allowed` held-out inputs are wrong, or for `limit` seconds."""
    trainee = Trainee(network, way)
    terms, active = terms_of(circuit), network.provenance.active
    generator = np.random.default_rng([_SEED, _INPUTS])
    adam = torch.optim.Adam(trainee.parameters(), lr=rate)
    seconds, steps, look, wrong = 0.0, 0, 0.0, len(held_out)
    while seconds < limit:
        begun = time.perf_counter()
        rows = draw_inputs("satisfied", terms, active, batch, generator)
        adam.zero_grad()
        _loss(trainee(_tensor(rows)), _wanted(circuit, rows), way).backward()
        adam.step()
        steps += 1
        seconds += time.perf_counter() - begun
        if seconds >= look:
            wrong = _wrong(trainee, circuit, held_out, allowed)
            look = max(seconds * _PATIENCE, seconds + 0.05)
            if wrong <= allowed:
                break
    wrong = _wrong(trainee, circuit, held_out, len(held_out))
    parameters = sum(values.numel() for values in trainee.parameters())
    return Trained(seconds, steps, wrong, parameters)


def _loss(readings: torch.Tensor, wanted: torch.Tensor, way: str) -> torch.Tensor:
    if way == "hinge":
        lacking = torch.relu(_HINGE - (2 * wanted - 1) * readings)
        return lacking.square().sum(1).mean()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    return entropy(readings, wanted, reduction="sum") / len(readings)


def _wrong(trainee: Trainee, circuit: ps.Circuit, rows: NDArray[np.int32], allowed: int) -> int:
    """Count the inputs with any output wrong; of the first few only, where those tell."""
    first = _count(trainee, circuit, rows[:_FIRST_LOOK])
    return first if first > allowed else first + _count(trainee, circuit, rows[_FIRST_LOOK:])


def _count(trainee: Trainee, circuit: ps.Circuit, rows: NDArray[np.int32]) -> int:
    wrong = 0
    with torch.no_grad():
        for begin in range(0, len(rows), _FIRST_LOOK):
            some = rows[begin : begin + _FIRST_LOOK]
            differs = (trainee(_tensor(some)) >= 0) != _wanted(circuit, some).bool()
            wrong += int(differs.any(1).sum())
    return wrong


def _wanted(circuit: ps.Circuit, rows: NDArray[np.int32]) -> torch.Tensor:
    return torch.from_numpy(evaluate_sparse(circuit, rows).toarray().astype(np.float32))


def _tensor(rows: NDArray[np.int32]) -> torch.Tensor:
    return torch.from_numpy(rows.astype(np.int64))
