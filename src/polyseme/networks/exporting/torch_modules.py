"""Modules that torch does not have. Importing this file needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.common.arguments import shown_value
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

# Names of sites to keep: one, several, or a function that says yes; None for all.
NamesFilter: TypeAlias = str | Iterable[str] | Callable[[str], bool] | None
_HOOK = "hook_"


class HookedNetwork(torch.nn.Sequential):
    """A network as plain layers in sequence, with an Identity at every site for hooks.

    It deep-copies, quantises and trains like any other Sequential. `feature_names` and
    `output_names` are lists of names, in the order of the inputs and outputs.
    """

    feature_names: list[str]
    output_names: list[str]

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the modules that are sites, in the order in which they compute."""
        return tuple(
            name for name, _ in self.named_modules() if name.rpartition(".")[2].startswith(_HOOK)
        )

    def run_with_cache(
        self, inputs: torch.Tensor, names_filter: NamesFilter = None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Run the network; return its outputs, and the numbers at every site by its name.

        Hooks that change a site are heard: the cache has what went on from there.

        Args:
            inputs: what the module takes, (samples, features), on the module's device.
            names_filter: the sites to keep, a name, several, or a function of a name that returns
                True; None keeps all.

        Raises:
            OptionError: a name is no site.
        """
        kept = self._chosen(names_filter)
        cache: dict[str, torch.Tensor] = {}

        def keeping(name: str) -> Callable[..., None]:
            def keep(module: torch.nn.Module, given: Any, value: torch.Tensor) -> None:
                cache[name] = value

            return keep

        # Hooks run in the order in which they were put on, so those of the user come first.
        handles = [self.get_submodule(name).register_forward_hook(keeping(name)) for name in kept]
        try:
            return self(inputs), cache
        finally:
            for handle in handles:
                handle.remove()

    def _chosen(self, names_filter: NamesFilter) -> tuple[str, ...]:
        if names_filter is None:
            return self.sites
        if callable(names_filter):
            return tuple(name for name in self.sites if names_filter(name))
        asked = (names_filter,) if isinstance(names_filter, str) else tuple(names_filter)
        for name in asked:
            if name not in self.sites:
                raise OptionError(
                    f"names_filter names {shown_value(name)}, which is no site"
                    f"{did_you_mean(name, self.sites)}"
                )
        return asked


class Residual(torch.nn.Sequential):
    """Modules in sequence, the inputs that pass unchanged put behind their results.

    The last module, `hook_post`, is given both.
    """

    def __init__(self, parts: dict[str, torch.nn.Module], carried: NDArray[np.int32]) -> None:
        """Hold the modules by name; `carried` (numbers,) are the inputs that pass."""
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.register_buffer("carried", torch.from_numpy(carried.astype(np.int64)))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return (samples, computed and carried) for (samples, inputs)."""
        computed = values
        *parts, hook_post = self.children()
        for part in parts:
            computed = part(computed)
        carried = values[..., self.get_buffer("carried")]
        result: torch.Tensor = hook_post(torch.cat((computed, carried), dim=-1))
        return result


class Square(torch.nn.Module):
    """The square of each number, times a constant."""

    def __init__(self, factor: float) -> None:
        """Keep the constant."""
        super().__init__()
        self.factor = factor

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return squares in the shape of `values`."""
        return values * values * self.factor
