"""All benchmarks: `make bench`, or

    python benchmarks/run.py                   every part, more than an hour on two idle cores
    python benchmarks/run.py depth refine      these parts
    python benchmarks/run.py --quick           every part at small sizes, under 3 minutes
    python benchmarks/run.py capacity --long   the largest sizes too
    python benchmarks/run.py --write           all pages again from the results there are
    python benchmarks/run.py --list            the parts, and the studies, which run by name only

A part writes `benchmarks/results/<part>.json`, its page `docs/benchmarks/<part>.md` with pictures
beside it, and its line of the index, `docs/benchmarks.md`. What `--quick` measures goes to
`build/bench-quick` instead: small sizes say nothing about large ones, and show that all of it runs.
Steps that run side by side are studies of `polyseme.run_study`, in `build/bench-unfinished` until a
part is done: one that was killed goes on where it was, unless the code has changed since.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.environment import environment
from harness.pages import write_index, write_page
from harness.part import Part, Row, Size, Tell, Unavailable
from harness.results import read_results, write_result
from parts.capacity.part import Capacity
from parts.circuits import Circuits
from parts.depth.part import Depth
from parts.headline import Headline
from parts.large_logic import LargeLogic
from parts.refine import Refine
from parts.refine_facts import RefineFacts
from parts.scale import Scale
from parts.search_cost import SearchCost
from parts.start_up import StartUp
from parts.stored_bits import StoredBits
from parts.throughput import Throughput
from parts.time_to_error.part import TimeToError
from studies.ablation.study import Ablation
from studies.adler_shavit import AdlerShavit
from studies.browser import Browser
from studies.certified import CertifiedSizes
from studies.deep_frontier import DeepFrontier
from studies.layered import Layered
from studies.loads.study import Loads
from studies.mutants import Mutants
from studies.reading_error import ReadingErrors
from studies.refined_depth import RefinedDepth
from studies.room import Room
from studies.spd_loads.study import SpdLoads
from studies.target_l0.study import TargetL0
from studies.toy_decompositions.study import ToyDecompositions
from studies.trained_twins import TrainedTwins

ROOT = Path(__file__).resolve().parent.parent
# In the order in which they run.
PARTS: tuple[Part, ...] = (
    Headline(),
    Scale(),
    SearchCost(),
    Capacity(),
    StoredBits(),
    Throughput(),
    TimeToError(),
    Circuits(),
    LargeLogic(),
    Depth(),
    Refine(),
    RefineFacts(),
    StartUp(),
)
STUDIES: tuple[Part, ...] = (
    Ablation(),
    Layered(),
    AdlerShavit(),
    DeepFrontier(),
    RefinedDepth(),
    ReadingErrors(),
    Mutants(),
    CertifiedSizes(),
    Room(),
    Browser(),
    TrainedTwins(),
    ToyDecompositions(),
    TargetL0(),
    Loads(),
    SpdLoads(),
)


def main(
    arguments: Sequence[str],
    parts: Sequence[Part] = PARTS,
    studies: Sequence[Part] = STUDIES,
    root: Path = ROOT,
) -> int:
    """Do what was asked for; return 1 where a part that was named could not be measured."""
    every = (*parts, *studies)
    asked = _parsed(arguments, every)
    if asked.list:
        _print_list(parts, studies)
        return 0
    size = Size.QUICK if asked.quick else Size.LONG if asked.long else Size.FULL
    folder, docs = _places(size, root)
    chosen = [part for part in every if part.name in asked.parts] or list(parts)
    console = Console(stderr=True)
    left_out = [] if asked.write else _measure(chosen, size, folder, console)
    results = read_results(folder, every)
    for part in every:
        if part.name in results:
            write_page(part, results, docs)
    write_index(parts, studies, results, docs)
    console.print(f"wrote {docs / 'benchmarks.md'} and the pages it names")
    return int(bool(asked.parts and left_out))


def _measure(chosen: Sequence[Part], size: Size, folder: Path, console: Console) -> list[Part]:
    """Measure parts, writing each result when it is there; return those that could not be."""
    left_out = []
    with _progress(console) as progress:
        task = progress.add_task("", total=len(chosen))
        for part in chosen:
            progress.update(task, description=part.name)
            try:
                row = measured(part, size, console.print)
            except Unavailable as reason:
                console.print(f"[bold]{part.name} is left out: {reason}[/bold]")
                left_out.append(part)
            else:
                write_result(folder, part.name, row)
                console.print(f"[bold]{part.name}: {row['seconds']:.0f} s[/bold]")
            progress.advance(task)
    return left_out


def measured(part: Part, size: Size, tell: Tell) -> Row:
    """Run a part; return what it measured, its time, and the environment."""
    begun = time.perf_counter()
    found = part.measure(size, tell)
    return {
        "size": str(size),
        "seconds": round(time.perf_counter() - begun, 1),
        "environment": environment(),
        **found,
    }


def _places(size: Size, root: Path) -> tuple[Path, Path]:
    """Return the folder of results and that of the index."""
    if size is not Size.QUICK:
        return root / "benchmarks" / "results", root / "docs"
    docs = root / "build" / "bench-quick"
    docs.mkdir(parents=True, exist_ok=True)
    return docs / "results", docs


def _print_list(parts: Sequence[Part], studies: Sequence[Part]) -> None:
    width = max(len(part.name) for part in (*parts, *studies))
    for part in parts:
        print(f"{part.name:<{width}}  {part.measures}")
    print("\nby name only:")
    for part in studies:
        print(f"{part.name:<{width}}  {part.measures}")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _parsed(arguments: Sequence[str], every: Sequence[Part]) -> argparse.Namespace:
    names = [part.name for part in every]
    parser = argparse.ArgumentParser(prog="run.py", description="Measure, and write the pages.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="small sizes, to build/bench-quick")
    kind.add_argument("--long", action="store_true", help="the largest sizes too")
    kind.add_argument("--write", action="store_true", help="all pages again, measure nothing")
    kind.add_argument("--list", action="store_true", help="print the parts and the studies")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.parts if name not in names]
    if unknown:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(names)}")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
