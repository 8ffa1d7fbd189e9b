"""Faults made on purpose, each in a forked process: kills, full disks, other users.

Run as a program, it saves a pair of files over an old one again and again with a fault at every
step, and prints in JSON what was there after each.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

# Every call by which a save changes what is on the disk.
CALLS = ("open", "write", "fsync", "replace", "unlink", "fchmod")
# A save makes more calls than this; some of them may fail without harm.
LEAST_STEPS = 30
NOBODY = 65534


def in_process(action: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> int:
    """Run an action in a forked process; return its exit status, 3 if it raised PolysemeError."""
    from polyseme.errors import PolysemeError

    child = os.fork()
    if not child:
        try:
            prepare()
            action()
        except PolysemeError:
            os._exit(3)
        except BaseException:
            os._exit(4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(step: int) -> Callable[[], None]:
    """Return what makes this process be killed before its call of that number."""

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return lambda: _shim(step, kill)


def failing_at(step: int) -> Callable[[], None]:
    """Return what makes a call of this process fail as on a full disk."""

    def fail() -> None:
        raise OSError(28, "No space left on device")

    return lambda: _shim(step, fail)


def limited_to(size: int) -> Callable[[], None]:
    """Return what makes this process unable to write files larger than that."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def as_nobody() -> None:
    """Make this process one of a user without rights."""
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _shim(step: int, fault: Callable[[], None]) -> None:
    calls = 0

    def watched(call: Callable[..., object]) -> Callable[..., object]:
        def at_step(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls == step:
                fault()
            return call(*arguments, **options)

        return at_step

    for name in CALLS:
        setattr(os, name, watched(getattr(os, name)))


def faults(save: Callable[[], object], sizes: list[int]) -> Iterator[tuple[str, int]]:
    """Yield every fault by its name, and the status with which a save under it ends."""
    for what, at in (("killed before call", killed_at), ("no space at call", failing_at)):
        step, undone = 0, True
        # Up to the first step that no save has, and the rest of those that do no harm.
        while undone or step < LEAST_STEPS:
            step += 1
            status = in_process(save, at(step))
            undone = status != 0
            yield f"{what} {step}", status
    for size in (0, 10, *(size // 2 for size in sizes), *(size - 1 for size in sizes)):
        yield f"files of at most {size} bytes", in_process(save, limited_to(size))


def main(folder: Path) -> list[dict[str, object]]:
    """Return what is found after every fault of a save over an old pair."""
    import polyseme as ps

    warnings.simplefilter("ignore")
    old = ps.compile(ps.read("y = (a ^ b) & ~c | d & a"))
    new = ps.compile(ps.problems.pairwise_and(30, 20), construction="monosemantic")
    path = folder / "net.safetensors"
    new.save(path, key=True)
    sizes = [file.stat().st_size for file in folder.iterdir()]
    old.save(path, key=True)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    which = {old.provenance.source: "old", new.provenance.source: "new"}
    found = []
    for name, status in faults(lambda: new.save(path, key=True), sizes):
        loaded = ps.load(path)
        assert loaded.key is not None
        pair = {which[loaded.provenance.source], which[loaded.key.circuit.name]}
        new.save(path, key=True)
        left = sorted(each.name for each in folder.iterdir())
        found.append({"fault": name, "status": status, "pair": sorted(pair), "left": left})
        for file, content in before.items():
            file.write_bytes(content)
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
