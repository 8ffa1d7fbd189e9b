"""Functions at the sites of a torch module, as TransformerLens has them. It needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch

from polyseme.common.arguments import instance, shown_value
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError
from polyseme.networks import sites

# Names of sites that are meant: one, several, or a function that says yes; None for all.
NamesFilter: TypeAlias = str | Iterable[str] | Callable[[str], bool] | None
# What is put at a site: `fn(value, hook)` returns what the site holds instead, or None.
HookFunction: TypeAlias = Callable[..., torch.Tensor | None]
Hooks: TypeAlias = Iterable[tuple[NamesFilter, HookFunction]]


@dataclass(frozen=True)
class Hook:
    """The place of a function at a site, told as a HookPoint of TransformerLens tells it.

    Args:
        name: The name of the site by which it was asked for.
        ctx: What functions at the site keep from one run to the next.
    """

    name: str
    ctx: dict[Any, Any]

    def layer(self) -> int:
        """Return the number of the site's layer.

        Raises OptionError at the sites of no layer, `hook_embed` and `hook_readout`.
        """
        parts = self.name.split(".")
        if len(parts) == 1:
            raise OptionError(f"{self.name} belongs to no layer")
        return int(parts[1])


@dataclass(frozen=True)
class Placed:
    """A function for a site, checked.

    Args:
        site: The name of the module.
        name: The name by which the site was asked for.
        called: The function.
    """

    site: str
    name: str
    called: HookFunction

    def put(self, module: torch.nn.Module, ctx: dict[Any, Any]) -> Any:
        """Put it on the module behind what is there; return a handle that takes it off again."""
        hook = Hook(self.name, ctx)

        def forward(module: torch.nn.Module, given: Any, value: torch.Tensor) -> Any:
            found = self.called(value, hook=hook)
            if found is not None and not isinstance(found, torch.Tensor):
                raise OptionError(
                    f"the hook at {self.name} returned {shown_value(found)}; it must return a "
                    "tensor or None"
                )
            return found

        return module.register_forward_hook(forward)


class SiteCache(dict[str, torch.Tensor]):
    """Numbers at sites by name; the names of TransformerLens find them too."""

    def __missing__(self, name: str) -> torch.Tensor:
        """Return the numbers of a site by its other name; raise KeyError for any other."""
        own = sites.own_name(name) if isinstance(name, str) else name
        if own == name:
            raise KeyError(name)
        return self[own]


def chosen(names: NamesFilter, known: tuple[str, ...], argument: str) -> dict[str, str]:
    """Return the sites of `known` that are meant, each with the name by which it was asked for.

    A function is asked for both names of a site, our own first, and one yes is enough. Raises
    OptionError, naming the argument, for what is no site.
    """
    if names is None:
        return {site: site for site in known}
    if callable(names):
        both = ((site, name) for site in known for name in (sites.alias(site), site))
        return {site: name for site, name in both if names(name)}
    instance(argument, names, (list, tuple, set, str), "a name, several, or a function of a name")
    asked = [names] if isinstance(names, str) else list(names)
    for name in asked:
        if not isinstance(name, str) or sites.own_name(name) not in known:
            hint = did_you_mean(name, known) if isinstance(name, str) else ""
            raise OptionError(f"{argument} names {shown_value(name)}, which is no site{hint}")
    return {sites.own_name(name): name for name in asked}


def checked_hooks(hooks: Hooks, known: tuple[str, ...], argument: str) -> list[Placed]:
    """Return functions for sites, in order.

    Raises OptionError, naming the argument, for what is no list of pairs of names and a function.
    """
    rule = "pairs of a name and a function"
    instance(argument, hooks, (list, tuple), rule)
    placed = []
    for pair in hooks:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not callable(pair[1]):
            raise OptionError(f"{argument} has {shown_value(pair)}; it must have {rule}")
        names, called = pair
        placed += [
            Placed(site, name, called) for site, name in chosen(names, known, argument).items()
        ]
    return placed
