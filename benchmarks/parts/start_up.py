"""CPU seconds until a command or an import is there, each in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell

REPEATS, QUICK_REPEATS = 7, 2
# What is started, and the CPU seconds promised for it, if any.
STARTED: dict[str, tuple[tuple[str, ...], float | None]] = {
    "python -c pass": (("-c", "pass"), None),
    "import numpy, scipy.sparse, scipy.special": (
        ("-c", "import numpy, scipy.sparse, scipy.special"),
        None,
    ),
    "import polyseme": (("-c", "import polyseme"), 0.5),
    "import polyseme; polyseme.compile": (("-c", "import polyseme; polyseme.compile"), None),
    "polyseme --version": (("-m", "polyseme", "--version"), None),
    "polyseme --help": (("-m", "polyseme", "--help"), 0.4),
    "polyseme compile --help": (("-m", "polyseme", "compile", "--help"), None),
}


def cpu_seconds(arguments: tuple[str, ...]) -> float:
    """Return the CPU seconds, of user and system, that one Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class StartUp(Part):
    """The time that starting takes."""

    name = "start_up"
    title = "Start-up"
    measures = "CPU seconds of importing polyseme and of the help of its commands"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Start everything several times, after once to fill the caches of files."""
        rows = []
        for started, (arguments, promised) in STARTED.items():
            cpu_seconds(arguments)
            repeats = QUICK_REPEATS if size is Size.QUICK else REPEATS
            seconds = sorted(cpu_seconds(arguments) for _ in range(repeats))
            row = {"started": started, "repeats": repeats, "promised": promised}
            rows.append(
                row | {"least": round(seconds[0], 3), "median": round(seconds[repeats // 2], 3)}
            )
            tell(f"{started}: {rows[-1]['median']:.3f} CPU seconds")
        return {"rows": rows}

    def section(self, results: Results) -> list[str]:
        """Return one table."""
        rows = results[self.name]["rows"]
        cells = [
            (
                f"`{row['started']}`",
                f"{row['median']:.2f}",
                f"{row['least']:.2f}",
                "" if row["promised"] is None else f"under {row['promised']:g}",
            )
            for row in rows
        ]
        return [
            "CPU seconds (user and system) of one process that starts and ends, median and least",
            f"of {rows[0]['repeats']}, files cached. Public names, commands and what they need are",
            "imported when they are first used.",
            *table(("process", "median", "least", "promised"), cells),
        ]

    def finding(self, results: Results) -> str:
        """Return the figures that are promised."""
        rows = [row for row in results[self.name]["rows"] if row["promised"] is not None]
        return ", ".join(f"`{row['started']}` {row['median']:.2f} CPU s" for row in rows)
