"""Follow `polyseme.compile` through the code; count the files it enters and folder changes.

    python tools/trace_calls.py                       the three routes below
    python tools/trace_calls.py and2:features=500,gates=500 --construction three-channel

A function counts once, when it is first entered, and comprehensions and lambdas belong to the
function they stand in. So the number of folder changes is that of a reader who follows the calls
and opens every function once. Functions named in `COUNTED` are counted each time they are entered.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROUTES = {
    "tight frames": ("and2:features=1000,gates=1000", "auto", 3),
    "three channels": ("and2:features=1000,gates=1000", "three-channel", 3),
    "deep": ("layered:width=400,depth=3,active=2", "auto", 2),
}
COUNTED = ("_flattened", "make_placements")


@dataclass
class Trace:
    """Functions in the order in which they were first entered, and calls of those counted."""

    root: Path
    counted: dict[str, int]
    functions: list[tuple[str, str]] = field(default_factory=list)
    seen: set[CodeType] = field(default_factory=set)

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Record a call, as `sys.setprofile` reports it."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(self.root)):
            return
        if code.co_name in self.counted:
            self.counted[code.co_name] += 1
        if code not in self.seen and not code.co_name.startswith("<"):
            self.seen.add(code)
            path = Path(code.co_filename).relative_to(self.root).as_posix()
            self.functions.append((path, code.co_name))

    @property
    def files(self) -> list[str]:
        """The files entered, each once."""
        return list(dict.fromkeys(path for path, _ in self.functions))

    @property
    def changes(self) -> int:
        """Number of functions that stand in another folder than the one before."""
        folders = [path.rpartition("/")[0] for path, _ in self.functions]
        return sum(one != other for one, other in pairwise(folders))


def traced(source: str, construction: str, active: int) -> Trace:
    """Return the trace of compiling a source, without that of reading it."""
    import polyseme as ps

    # Imported before it is followed: the bodies of classes are no calls.
    compile = ps.compile
    circuit = ps.read(source)
    trace = Trace(Path(ps.__file__).parent, dict.fromkeys(COUNTED, 0))
    sys.setprofile(trace)
    try:
        compile(circuit, active=active, epsilon=None, construction=construction)
    finally:
        sys.setprofile(None)
    return trace


def main() -> None:
    """Print one line per route and, if a source is named, every function in order."""
    parser = argparse.ArgumentParser(
        description="Follow polyseme.compile through the code.",
        epilog="Example: python tools/trace_calls.py and2:features=500,gates=500",
    )
    parser.add_argument("source", nargs="?")
    parser.add_argument("--construction", default="auto")
    parser.add_argument("--active", type=int, default=3)
    asked = parser.parse_args()
    if asked.source is not None:
        trace = traced(asked.source, asked.construction, asked.active)
        for path, name in trace.functions:
            print(f"{path}: {name}")
    routes = ROUTES
    if asked.source is not None:
        routes = {asked.source: (asked.source, asked.construction, asked.active)}
    for route, (source, construction, active) in routes.items():
        trace = traced(source, construction, active)
        calls = ", ".join(f"{name} {times}" for name, times in trace.counted.items())
        print(
            f"{route}: {len(trace.files)} files, {len(trace.functions)} functions, "
            f"{trace.changes} folder changes; calls: {calls}"
        )


if __name__ == "__main__":
    main()
