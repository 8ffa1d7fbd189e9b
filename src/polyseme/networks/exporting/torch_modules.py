"""Modules that torch does not have. Importing this file needs torch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


class Residual(torch.nn.Module):
    """Modules in sequence; their results, followed by the inputs that pass unchanged."""

    def __init__(self, parts: dict[str, torch.nn.Module], carried: NDArray[np.int32]) -> None:
        """Hold the modules by name; `carried` (numbers,) are the inputs that pass."""
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.register_buffer("carried", torch.from_numpy(carried.astype(np.int64)))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return (samples, computed and carried) for (samples, inputs)."""
        computed = values
        for part in self.children():
            computed = part(computed)
        return torch.cat((computed, values[..., self.get_buffer("carried")]), dim=-1)


class Square(torch.nn.Module):
    """The square of each number, times a constant."""

    def __init__(self, factor: float) -> None:
        """Keep the constant."""
        super().__init__()
        self.factor = factor

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return squares in the shape of `values`."""
        return values * values * self.factor
