"""Licences that a folder of networks may be under, as Hugging Face and SPDX name them."""

from __future__ import annotations

from typing import NamedTuple


class Licence(NamedTuple):
    """A licence by its name at Hugging Face, and the address of its text."""

    name: str
    address: str


_TEXTS = {
    "apache-2.0": "https://spdx.org/licenses/Apache-2.0.html",
    "cc-by-4.0": "https://spdx.org/licenses/CC-BY-4.0.html",
    "cc-by-sa-4.0": "https://spdx.org/licenses/CC-BY-SA-4.0.html",
    "cc0-1.0": "https://spdx.org/licenses/CC0-1.0.html",
    "mit": "https://spdx.org/licenses/MIT.html",
    "odbl": "https://spdx.org/licenses/ODbL-1.0.html",
    # Of networks whose sources are under something else, or under nothing that is known.
    "other": "https://schema.org/license",
}
LICENCES = {name: Licence(name, address) for name, address in _TEXTS.items()}
