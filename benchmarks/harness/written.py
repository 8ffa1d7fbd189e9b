"""Pages, results and pictures as files that appear whole or not at all."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from polyseme.common.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8."""
    write_whole(path, text.encode())


def save_picture(figure: Figure, path: Path, dpi: int = 130) -> None:
    """Write a figure in the format that the ending of the path tells."""
    drawn = BytesIO()
    # Without the library's version the same results give the same bytes in more places.
    figure.savefig(drawn, format=path.suffix[1:], dpi=dpi, metadata={"Software": None})
    write_whole(path, drawn.getbuffer())
