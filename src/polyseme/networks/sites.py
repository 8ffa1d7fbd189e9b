"""Names of the sites of a network: the places whose numbers can be looked at and changed.

They are those of modules of the torch module, each a `torch.nn.Identity` that a hook may be put
on, and keys of `Network.activations` and `run_with_cache`:

- `hook_embed`: the vector that the first layer reads (samples, dimensions);
- `layers.N.hook_pre`: the sums of the units of layer N, before the activation (samples, units);
- `layers.N.hook_post`: all that layer N writes: its units, and then the numbers that it carries
  (samples, width);
- `hook_readout`: the reading of every output minus its threshold, 0 or more if it is on (samples,
  outputs).
"""

from __future__ import annotations

from polyseme.common.arguments import is_whole, shown_value, whole_number
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError

EMBED = "hook_embed"
READOUT = "hook_readout"


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


def site_of(given: int | str, layers: int) -> str:
    """Return the name of a site, for a name or for the number of a layer, which is its `hook_post`.

    Raises OptionError if there is no such site.
    """
    if is_whole(given):
        return post(whole_number("site", given, 0, layers - 1))
    known = site_names(layers)
    if not isinstance(given, str) or given not in known:
        raise OptionError(
            f"site is {shown_value(given)}; it must be a layer's number, {EMBED}, "
            f"layers.N.hook_pre, layers.N.hook_post or {READOUT}{did_you_mean(given, known)}"
        )
    return given
