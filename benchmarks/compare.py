"""CPU times of two checkouts side by side.

    python benchmarks/compare.py OTHER_CHECKOUT [--repeats 7] [JOB ...]

Runs small jobs in fresh processes of one thread, by turns in this checkout and in the other (its
`src` is put first on the path), and prints the median CPU seconds of each with their ratio. Exit
status 1 if this checkout takes more than 10 % longer at any job. Jobs use only public names that
both checkouts have.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SLOWER = 1.10
# Sources of randomness and of threads that would make two runs differ.
FIXED = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

# What is timed of a job: everything else, imports too, comes before the clock starts.
Timed = Callable[[], object]


def import_polyseme() -> Timed:
    """Time the import itself."""

    def timed() -> None:
        import polyseme  # noqa: F401

    return timed


def tight_frames() -> Timed:
    """Time a search for the smallest network of tight frames."""
    import polyseme as ps

    circuit = ps.problems.pairwise_and(1_000, 1_000)
    return lambda: ps.compile(circuit, error=5e-3, construction="tight-frames")


def three_channel() -> Timed:
    """Time one network of three channels."""
    import polyseme as ps

    circuit = ps.problems.pairwise_and(3_000, 3_000)
    return lambda: ps.compile(circuit, neurons=900, construction="three-channel")


def facts() -> Timed:
    """Time one network of a table of facts."""
    import polyseme as ps

    circuit = _facts()
    return lambda: ps.compile(circuit, neurons=1_200)


def deep() -> Timed:
    """Time one network of several layers."""
    import polyseme as ps

    circuit = ps.problems.layered(2_000, 4, active=3)
    return lambda: ps.compile(circuit, neurons=1_600, carry="gates")


def verify() -> Timed:
    """Time 20,000 inputs against the circuit."""
    import polyseme as ps

    circuit = ps.problems.pairwise_and(3_000, 3_000)
    network = ps.compile(circuit, neurons=900, construction="tight-frames")
    return lambda: ps.verify(network, circuit, samples=20_000)


def run() -> Timed:
    """Time single inputs by name, one at a time."""
    import polyseme as ps

    circuit = _facts()
    network = ps.compile(circuit, neurons=1_200)
    relation = circuit.features[-1]
    return lambda: [network.run([name, relation]) for name in circuit.features[:150]]


def load() -> Timed:
    """Time loading a saved network, 300 times."""
    import polyseme as ps

    network = ps.compile(
        ps.problems.pairwise_and(10_000, 10_000), neurons=1_300, construction="tight-frames"
    )
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "net.safetensors"
    network.save(str(path))

    def timed() -> None:
        # The folder is there as long as this function is.
        assert folder.name
        for _ in range(300):
            ps.load(str(path))

    return timed


def read() -> Timed:
    """Time reading a BLIF file of 30,000 gates."""
    import polyseme as ps

    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "chain.blif"
    path.write_text(_blif(30_000))

    def timed() -> None:
        assert folder.name
        ps.read(str(path))

    return timed


def refine() -> Timed:
    """Time six passes of refinement."""
    import polyseme as ps

    network = ps.compile(
        ps.problems.pairwise_and(500, 500), neurons=208, construction="tight-frames"
    )
    # PyTorch is imported before the clock starts.
    ps.refine(network, passes=1)
    return lambda: ps.refine(network, passes=6, error=1e-9)


JOBS: dict[str, Callable[[], Timed]] = {
    job.__name__: job
    for job in (
        import_polyseme,
        tight_frames,
        three_channel,
        facts,
        deep,
        verify,
        run,
        load,
        read,
        refine,
    )
}


def _facts():
    import polyseme as ps

    kinds = {"colour": 7, "shape": 11, "size": 23, "place": 2_003}
    table = {
        f"thing{number}": {kind: f"{kind}{number * 37 % many}" for kind, many in kinds.items()}
        for number in range(3_000)
    }
    return ps.problems.facts(table)


def _blif(gates: int) -> str:
    """Return logic in which every gate reads the one before it and an input."""
    inputs = " ".join(f"x{number}" for number in range(64))
    lines = [".model chain", f".inputs {inputs}", f".outputs g{gates - 1}"]
    before = "x63"
    for number in range(gates):
        rows = ("11 1",) if number % 3 else ("10 1", "01 1")
        lines += [f".names {before} x{number % 63} g{number}", *rows]
        before = f"g{number}"
    return "\n".join([*lines, ".end", ""])


def seconds_here(job: str) -> float:
    """Return the CPU seconds of a job in this process."""
    timed = JOBS[job]()
    begun = time.process_time()
    timed()
    return time.process_time() - begun


def seconds_in(checkout: Path, job: str) -> float:
    """Return the CPU seconds of a job in a fresh process that imports a checkout.

    Raises RuntimeError where it fails, or another polyseme is imported.
    """
    source = str(checkout / "src")
    variables = {**os.environ, **FIXED, "PYTHONPATH": source}
    command = [sys.executable, __file__, "--job", job]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise RuntimeError(f"{job} in {checkout} failed:\n{done.stderr}")
    seconds, imported = done.stdout.splitlines()
    if not Path(imported).is_relative_to(source):
        raise RuntimeError(f"{job} imported {imported}, not what is in {source}")
    return float(seconds)


def compared(checkouts: Sequence[Path], job: str, repeats: int) -> tuple[float, ...]:
    """Return the median CPU seconds of a job in every checkout, run by turns.

    The first turn of each is not counted: it may write bytecode and compiled kernels.
    """
    turns = [[seconds_in(path, job) for path in checkouts] for _ in range(repeats + 1)][1:]
    return tuple(median(seconds) for seconds in zip(*turns, strict=True))


def report(jobs: Iterable[str], checkouts: Sequence[Path], repeats: int) -> list[str]:
    """Print a line per job as it is done; return the jobs at which the first is slower."""
    slower = []
    print(f"{'job':<16} {'this, s':>9} {'other, s':>9} {'ratio':>7}")
    for job in jobs:
        this, other = compared(checkouts, job, repeats)
        ratio = this / other
        mark = "  slower" if ratio > SLOWER else ""
        print(f"{job:<16} {this:>9.3f} {other:>9.3f} {ratio:>7.2f}{mark}", flush=True)
        if mark:
            slower.append(job)
    return slower


def main(arguments: Sequence[str]) -> int:
    """Compare; return 1 where this checkout is slower at any job."""
    parser = argparse.ArgumentParser(prog="compare.py", description="CPU times of two checkouts.")
    parser.add_argument("other", type=Path, metavar="OTHER_CHECKOUT")
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}")
    parser.add_argument("--repeats", type=int, default=7, metavar="N")
    asked = parser.parse_args(arguments)
    unknown = [job for job in asked.jobs if job not in JOBS]
    if unknown:
        parser.error(f"no job {unknown[0]!r}; there are {', '.join(JOBS)}")
    if asked.repeats < 1:
        parser.error(f"--repeats is {asked.repeats}; it must be at least 1")
    other = asked.other.resolve()
    if not (other / "src" / "polyseme").is_dir():
        parser.error(f"{asked.other} has no src/polyseme")
    return int(bool(report(asked.jobs or JOBS, (ROOT, other), asked.repeats)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        print(seconds_here(sys.argv[2]))
        print(sys.modules["polyseme"].__file__)
    else:
        sys.exit(main(sys.argv[1:]))
