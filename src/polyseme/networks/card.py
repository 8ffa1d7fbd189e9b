"""The card of a network: a page of Markdown that says what it is, for whoever meets its file."""

from __future__ import annotations

from polyseme.circuits.names import Names
from polyseme.networks.network import TRAINED, Network
from polyseme.networks.table import shortened

# Names longer than this are cut, and then the example asks the network for them.
_MOST, _MOST_NOTE = 40, 200


def card(network: Network) -> str:
    """Return the card of a network, in Markdown: it depends on nothing but the network."""
    made = network.provenance
    features, outputs = network.encoder.features, network.readout.outputs
    widest = "" if len(network.layers) == 1 else " in its widest layer"
    lines = [
        f"# {_plain(made.source)}",
        "",
        f"A network of {_counted(network.neurons_total, 'ReLU')} in "
        f"{_counted(len(network.layers), 'layer')} that computes {_counted(made.gates, 'gate')}, "
        f"{_origin(network)}.",
        "",
        f"- Takes: which of {_counted(len(features), 'feature')} are on, {_named(features)}",
        f"- Returns: which of {_counted(len(outputs), 'output')} are on, {_named(outputs)}",
        f"- Sizes: {_counted(network.parameters, 'parameter')}; the exact network takes "
        f"{_counted(made.monosemantic_neurons, 'ReLU')}{widest}",
        f"- Promise: at most {_counted(made.active, 'feature')} on at once. How often it errs then "
        "is not in this file: `polyseme verify` measures it, and `polyseme prove` may prove that "
        "it never does",
        f"- Seed: {made.seed}",
    ]
    if made.note:
        lines.append(f"- Note: {_plain(made.note, _MOST_NOTE)}")
    lines += [
        "- Licence: polyseme (MIT) claims nothing on networks that it makes; what its source is "
        "under holds",
        "",
        "```python",
        "import polyseme as ps",
        "",
        'network = ps.load("net.safetensors")',
        f"network.run({_example(features)})",
        "```",
        "",
        "docs/format.md of polyseme says how to run the file without it.",
        "",
    ]
    return "\n".join(lines)


def _origin(network: Network) -> str:
    if network.provenance.construction == TRAINED:
        return "trained in polyseme"
    return f"compiled by polyseme ({_plain(network.provenance.construction)})"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _named(names: Names) -> str:
    first, last = _plain(names[0]), _plain(names[len(names) - 1])
    return first if len(names) == 1 else f"{first} to {last}"


def _example(features: Names) -> str:
    some = [features[number] for number in range(min(2, len(features)))]
    written = ascii(some)
    return written if len(written) <= 2 * _MOST else "[network.encoder.features[0]]"


def _plain(text: str, most: int = _MOST) -> str:
    """Return a text of at most so many characters, without those that Markdown would act on."""
    cut = shortened(text, most)
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in cut)
