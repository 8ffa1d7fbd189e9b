"""A torch module in a network's place: a copy that was ablated, quantised, fine-tuned or moved.

An output of it is on where its value is 0 or more. Inputs go to the device of its parameters, in
their type. Where that is float16 or bfloat16, the sums of the module round, so that its decisions
are its own; they are compared with the circuit like those of any other change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix
from polyseme.common.arguments import instance
from polyseme.common.extras import import_torch
from polyseme.common.progress import Progress
from polyseme.errors import OptionError
from polyseme.verification.reference import Reference

if TYPE_CHECKING:
    import torch

# Numbers of inputs and outputs that are held at a time.
_AT_ONCE = 8_000_000


def check_module(module: Any) -> None:
    """Raise OptionError unless a value is a torch module, MissingExtraError without torch."""
    kind = import_torch("trying a torch module").nn.Module
    instance("module", module, kind, "a torch module")


def compare_module(
    module: torch.nn.Module,
    reference: Reference,
    features: int,
    rows: NDArray[np.int32],
    progress: Progress | None = None,
) -> NDArray[np.bool_]:
    """Return True for each sample with any output unlike the reference's, Boolean (samples,)."""
    size = int(np.clip(_AT_ONCE // (features + len(reference.resting)), 1, 2048))
    found = [np.zeros(0, bool)]
    for begin in range(0, len(rows), size):
        batch = rows[begin : begin + size]
        expected = reference.differing(batch).toarray() ^ reference.resting
        decided = decisions(module, active_matrix(batch, features).toarray())
        if decided.shape != expected.shape:
            raise OptionError(
                f"module returns {decided.shape} for {len(batch)} samples; it must be "
                f"{expected.shape}, one number per output"
            )
        found.append((decided != expected).any(axis=1))
        if progress:
            progress(begin + len(batch), len(rows))
    return np.concatenate(found)


def decisions(module: torch.nn.Module, matrix: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which outputs of a module are on, Boolean (samples, outputs), for (samples, features).

    The module is left as it is, in training or not, and its hooks are heard.
    """
    library = import_torch("trying a torch module")
    floating = (one for one in module.parameters() if one.is_floating_point())
    like = next(floating, None)
    # Quantised copies may have no parameters left; they take float32.
    inputs = library.from_numpy(np.ascontiguousarray(matrix, dtype=np.float32))
    if like is not None:
        inputs = inputs.to(device=like.device, dtype=like.dtype)
    with library.no_grad():
        outputs = module(inputs)
    instance("what module returns", outputs, library.Tensor, "one tensor")
    on: NDArray[np.bool_] = (outputs >= 0).cpu().numpy()
    return on
