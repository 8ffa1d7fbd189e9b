"""Modules that torch does not have. Importing this file needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.networks.exporting.hooks import (
    Hook,
    HookFunction,
    Hooks,
    NamesFilter,
    SiteCache,
    checked_hooks,
    chosen,
)
from polyseme.networks.sites import own_name

_HOOK = "hook_"


class HookedNetwork(torch.nn.Sequential):
    """A network as plain layers in sequence, with an Identity at every site for hooks.

    It deep-copies, quantises and trains like any other Sequential. `feature_names` and
    `output_names` are lists of names, in the order of the inputs and outputs. What TransformerLens
    has too is called alike, and its names of sites are understood (`networks/sites.py`).
    """

    feature_names: list[str]
    output_names: list[str]
    # Handles of what `add_hook` put on, and what functions keep, by site.
    _added: list[Any]
    _contexts: dict[str, dict[Any, Any]]

    def __init__(self, *modules: Any) -> None:
        """Hold the modules, by name as a Sequential takes them."""
        super().__init__(*modules)
        # Past nn.Module's own attribute setting, which is typed for tensors and modules only.
        vars(self).update(_added=[], _contexts={})

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the modules that are sites, in the order in which they compute."""
        return tuple(
            name for name, _ in self.named_modules() if name.rpartition(".")[2].startswith(_HOOK)
        )

    def run_with_cache(
        self, inputs: torch.Tensor, names_filter: NamesFilter = None
    ) -> tuple[torch.Tensor, SiteCache]:
        """Run the network; return its outputs, and the numbers at every site by its name.

        Hooks that change a site are heard: the cache has what went on from there.

        Args:
            inputs: what the module takes, (samples, features), on the module's device.
            names_filter: the sites to keep, a name, several, or a function of a name that returns
                True; None keeps all.

        Raises:
            OptionError: a name is no site.
        """
        cache = SiteCache()

        def keep(value: torch.Tensor, hook: Hook) -> None:
            cache[own_name(hook.name)] = value

        kept = tuple(chosen(names_filter, self.sites, "names_filter"))
        # Hooks run in the order in which they were put on, so those of the user come first.
        with self.hooks([(kept, keep)]):
            return self(inputs), cache

    def run_with_hooks(self, inputs: torch.Tensor, fwd_hooks: Hooks = ()) -> torch.Tensor:
        """Run the network with functions at sites, for this one run; return its outputs.

        Args:
            inputs: what the module takes, (samples, features), on the module's device.
            fwd_hooks: pairs of a name (or several, or a function of a name that returns True) and a
                function `fn(value, hook)`, which returns what the site holds instead, or None.
                `hook.name` and `hook.layer()` say where it is. Functions at one site are called in
                this order, behind those that `add_hook` put there.

        Raises:
            OptionError: a name is no site, or a function returns what is no tensor.
        """
        with self.hooks(fwd_hooks):
            outputs: torch.Tensor = self(inputs)
            return outputs

    @contextmanager
    def hooks(self, fwd_hooks: Hooks = ()) -> Iterator[HookedNetwork]:
        """Keep functions at sites, as `run_with_hooks` takes them, inside a `with`."""
        handles = self._put(fwd_hooks, "fwd_hooks")
        try:
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def add_hook(self, name: NamesFilter, hook: HookFunction) -> None:
        """Put a function at sites, as `run_with_hooks` does, until `reset_hooks`."""
        self._added.extend(self._put([(name, hook)], "add_hook"))

    def reset_hooks(self) -> None:
        """Take off all that `add_hook` put on, and forget what functions kept in `hook.ctx`."""
        while self._added:
            self._added.pop().remove()
        for context in self._contexts.values():
            context.clear()

    def _put(self, hooks: Hooks, argument: str) -> list[Any]:
        placed = checked_hooks(hooks, self.sites, argument)
        return [
            one.put(self.get_submodule(one.site), self._contexts.setdefault(one.site, {}))
            for one in placed
        ]


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
