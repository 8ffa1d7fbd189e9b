"""Published figures recomputed: all of them, or one."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.circuits.problems import MAX_SEED
from polyseme.common.arguments import function, text, whole_number
from polyseme.common.progress import Note, phase, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.reproduce.catalogue import CATALOGUE
from polyseme.reproduce.report import Found, markdown
from polyseme.reproduce.row import Row


@dataclass(frozen=True)
class Reproduction:
    """Recomputed figures.

    Attributes:
        found: The rows of every figure, by the name of the figure.
        seed: The random seed.
    """

    found: Found
    seed: int

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all figures."""
        return tuple(row for rows in self.found.values() for row in rows)

    @property
    def explained(self) -> bool:
        """True if every row agrees, or it is known why it does not."""
        return all(row.explained for row in self.rows)

    def markdown(self) -> str:
        """Return a page of Markdown with one table per figure."""
        return markdown(self.found, self.seed)


def reproduce_figures(
    only: str | None = None,
    *,
    seed: int = 0,
    note: Note | None = None,
    progress: Watcher = None,
) -> Reproduction:
    """Recompute published figures and compare them with what was published.

    Args:
        only: The name of one figure, of `polyseme reproduce --help`; None for all.
        seed: The random seed.
        note: Called with a line on each step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        One row per published number, each with ours beside it.

    Raises:
        OptionError: There is no figure of that name, or the seed is out of range.

    Example:
        >>> import polyseme as ps
        >>> ps.reproduce_figures("reed-solomon").explained
        True
    """
    seed = whole_number("seed", seed, 0, MAX_SEED)
    function("note", note, "text")
    figures = list(CATALOGUE.values())
    if only is not None:
        figures = [CATALOGUE[text("only", only, CATALOGUE)]]
    found = {}
    with watched(progress), phase("figures") as step:
        for done, figure in enumerate(figures):
            step(done, len(figures))
            with phase(figure.name):
                found[figure.name] = figure.rows(seed, note or silent)
    return Reproduction(found, seed)
