"""A network shown inside a notebook: the exported page in an inline frame, without a server."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass

from polyseme.common.arguments import instance
from polyseme.common.files import write_whole
from polyseme.explorer.page import exported_page
from polyseme.networks.checks import check_path
from polyseme.networks.network import Network


@dataclass(frozen=True, repr=False)
class Explorer:
    """A page that explores a network; a notebook shows it, and `save` writes it.

    Attributes:
        page: The text of the page, which needs nothing else.
    """

    page: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Args:
            path: The file.

        Raises:
            OptionError: `path` is no path.
            PolysemeError: The file cannot be written.
        """
        check_path(path)
        write_whole(path, self.page.encode())

    def __repr__(self) -> str:
        """One line, without the page."""
        return (
            f"Explorer({len(self.page):,} characters; a notebook shows it, .save(path) writes it)"
        )

    def _repr_html_(self) -> str:
        """Return a frame that holds the page, for a notebook."""
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" sandbox="allow-scripts allow-downloads" '
            'title="polyseme explore" width="100%" height="720" style="border:0"></iframe>'
        )


def explore(network: Network, beside: Network | None = None) -> Explorer:
    """Return the explorer of a network, and of another beside it, for a notebook or a file.

    Raises OptionError if the other is no network of the same features and outputs.
    """
    if beside is not None:
        instance("beside", beside, Network, "a network")
    return Explorer(exported_page(network, beside))
