"""Names of the sites of a network: the places whose numbers can be looked at and changed.

They are those of modules of the torch module, each a `torch.nn.Identity` that a hook may be put
on, and keys of `Network.activations` and `run_with_cache`:

- `hook_embed`: the vector that the first layer reads (samples, dimensions);
- `layers.N.hook_pre`: the sums of the units of layer N, before the activation (samples, units);
- `layers.N.hook_post`: all that layer N writes: its units, and then the numbers that it carries
  (samples, width);
- `hook_readout`: the reading of every output minus its threshold, 0 or more if it is on (samples,
  outputs).

Sites of layers also have the names that TransformerLens gives to them, `blocks.N.mlp.hook_pre` and
`blocks.N.mlp.hook_post`.
"""

from __future__ import annotations

import re

from polyseme.common.arguments import is_whole, shown_value, whole_number
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

EMBED = "hook_embed"
READOUT = "hook_readout"
_OURS = re.compile(r"layers\.([0-9]+)\.(hook_pre|hook_post)")
_THEIRS = re.compile(r"blocks\.([0-9]+)\.mlp\.(hook_pre|hook_post)")


def pre(layer: int) -> str:
    """Return the name of the site before the activation of a layer."""
    return f"layers.{layer}.hook_pre"


def post(layer: int) -> str:
    """Return the name of the site behind a layer."""
    return f"layers.{layer}.hook_post"


def site_names(layers: int) -> tuple[str, ...]:
    """Return the names of all sites of a network of so many layers, in the order of computing."""
    hidden = [site for layer in range(layers) for site in (pre(layer), post(layer))]
    return (EMBED, *hidden, READOUT)


def alias(site: str) -> str:
    """Return the name that TransformerLens gives to a site; its own where that has none."""
    return _OURS.sub(r"blocks.\1.mlp.\2", site) if _OURS.fullmatch(site) else site


def own_name(name: str) -> str:
    """Return our name for one of TransformerLens; any other text as it is."""
    return _THEIRS.sub(r"layers.\1.\2", name) if _THEIRS.fullmatch(name) else name


def site_of(given: int | str, layers: int) -> str:
    """Return the name of a site, for a name or for the number of a layer, which is its `hook_post`.

    Raises OptionError if there is no such site.
    """
    if is_whole(given):
        return post(whole_number("site", given, 0, layers - 1))
    known = site_names(layers)
    if isinstance(given, str):
        given = own_name(given)
    if not isinstance(given, str) or given not in known:
        raise OptionError(
            f"site is {shown_value(given)}; it must be a layer's number, {EMBED}, "
            f"layers.N.hook_pre, layers.N.hook_post or {READOUT}{did_you_mean(given, known)}"
        )
    return given
