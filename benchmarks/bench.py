"""Everything side by side: run with `make bench`.

    python benchmarks/bench.py                      all parts, about half an hour on two idle cores
    python benchmarks/bench.py --quick              all parts, small sizes, under 3 minutes
    python benchmarks/bench.py capacity throughput  these parts only
    python benchmarks/bench.py time-to-error --long 10,000 gates, all ways
    python benchmarks/bench.py --write              the page again from the results there are

Writes `benchmarks/results.json`, and of `docs/benchmarks.md` the sections of its parts and their
pictures. What `--quick` finds goes to `build/bench-quick` instead: small sizes say nothing about
large ones, and are there to show that everything runs. Sizes and errors are the same in every run;
times are of the machine and only good for comparison.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import capacity
import headline
import scale
import stored_bits
import throughput
import time_to_error
from harness import (
    ROOT,
    Part,
    Results,
    Size,
    measured,
    read_results,
    write_results,
)
from sections import put_section

# One line a part: in the order in which they run.
PARTS: tuple[Part, ...] = (
    headline.PART,
    scale.PART,
    capacity.PART,
    stored_bits.PART,
    throughput.PART,
    time_to_error.PART,
)
QUICK_FOLDER = ROOT / "build" / "bench-quick"


def main(arguments: list[str], parts: tuple[Part, ...] = PARTS) -> None:
    """Run what was asked for, and write it down part by part."""
    asked = _parsed(arguments, parts)
    size = Size.QUICK if asked.quick else Size.LONG if asked.long else Size.FULL
    results_path, page, pictures = _places(size)
    results = read_results(results_path)
    if asked.write:
        write(parts, results, page, pictures)
        return
    chosen = [part for part in parts if part.name in asked.parts or not asked.parts]
    console = Console(stderr=True)
    with _progress(console) as progress:
        task = progress.add_task("", total=len(chosen))
        for part in chosen:
            progress.update(task, description=part.name)
            results[part.name] = measured(part, size, console.print)
            console.print(f"[bold]{part.name}: {results[part.name]['seconds']:.0f} s[/bold]")
            progress.advance(task)
            # After every part, so that a run that is stopped leaves what it has.
            write_results(results_path, {x.name: results[x.name] for x in _known(parts, results)})
            write(parts, results, page, pictures)
    console.print(f"wrote {page} and {results_path}")


def write(parts: tuple[Part, ...], results: Results, page: Path, pictures: Path) -> None:
    """Write the sections and pictures of all parts there are results of."""
    for part in _known(parts, results):
        put_section(part.name, "\n".join(part.section(results)), page)
        if part.draw is not None:
            part.draw(results, pictures)


def _known(parts: tuple[Part, ...], results: Results) -> list[Part]:
    return [part for part in parts if part.name in results]


def _places(size: Size) -> tuple[Path, Path, Path]:
    """Where the results go, the page, and the pictures."""
    if size is Size.QUICK:
        QUICK_FOLDER.mkdir(parents=True, exist_ok=True)
        return QUICK_FOLDER / "results.json", QUICK_FOLDER / "benchmarks.md", QUICK_FOLDER
    docs = ROOT / "docs"
    return ROOT / "benchmarks" / "results.json", docs / "benchmarks.md", docs


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _parsed(arguments: list[str], parts: tuple[Part, ...]) -> argparse.Namespace:
    names = [part.name for part in parts]
    parser = argparse.ArgumentParser(prog="bench.py", description="Measure, and write the page.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes, to build/bench-quick")
    size.add_argument("--long", action="store_true", help="the largest sizes too")
    parser.add_argument(
        "--write", action="store_true", help="write the page again, measure nothing"
    )
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.parts if name not in names]
    if unknown:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(names)}")
    return asked


if __name__ == "__main__":
    main(sys.argv[1:])
