"""Cases of the fuzzer, run in forked workers that may take 2 GiB and 10 seconds a case.

    python tests/fuzz/running.py --cases 100000 --seed 7 --processes 2

A case is its seed and number and nothing else: `--only 123` runs it again, in this process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.judging import judge
from fuzz.mutators import mutant
from fuzz.originals import originals

MOST_BYTES = 2 * 2**30
MOST_SECONDS = 10
_BATCH = 500
_TOLD = 5000


class Outcome(NamedTuple):
    """One case: what was spoilt and how, what became of it, and a fault if there was one."""

    number: int
    original: str
    mutator: str
    as_it_is: str
    anew: str
    fault: str


def run_case(seed: int, number: int, folder: Path) -> Outcome:
    """Run one case in this process."""
    name, how, pair = mutant(Random(f"{seed}:{number}"))
    try:
        as_it_is, anew = judge(originals()[name], pair, folder)
    except Exception as error:
        return Outcome(number, name, how, "", "", f"{type(error).__name__}: {error}"[:300])
    return Outcome(number, name, how, as_it_is, anew, "")


def run_cases(seed: int, numbers: range) -> Iterator[Outcome]:
    """Run cases in forked workers; one that dies is a fault of the case that it was at."""
    originals()
    at = numbers.start
    while at < numbers.stop:
        for outcome in _batch(seed, range(at, min(at + _BATCH, numbers.stop))):
            at = outcome.number + 1
            yield outcome


def _batch(seed: int, numbers: range) -> Iterator[Outcome]:
    """Run cases in one worker, up to the first that kills it."""
    reader, writer = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(reader)
        _work(seed, numbers, writer)
    os.close(writer)
    reached = numbers.start - 1
    with os.fdopen(reader, "rb") as lines:
        for line in lines:
            outcome = Outcome(*json.loads(line))
            reached = outcome.number
            yield outcome
    _, status = os.waitpid(worker, 0)
    if reached + 1 < numbers.stop:
        ended = os.waitstatus_to_exitcode(status)
        why = "it takes too long" if ended == -signal.SIGALRM else f"the worker ended with {ended}"
        name, how, _ = mutant(Random(f"{seed}:{reached + 1}"))
        yield Outcome(reached + 1, name, how, "", "", why)


def _work(seed: int, numbers: range, writer: int) -> None:
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        limit = _address_space() + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with tempfile.TemporaryDirectory() as folder:
            for number in numbers:
                signal.alarm(MOST_SECONDS)
                outcome = run_case(seed, number, Path(folder))
                signal.alarm(0)
                os.write(writer, json.dumps(outcome).encode() + b"\n")
    finally:
        os._exit(0)


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def main() -> int:
    """Run the cases asked for; print faults as they come, and counts. Status 1 says faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="run this case alone, in this process")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.cases:,} cases in {asked.processes} processes", flush=True)
    if asked.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(run_case(asked.seed, asked.only, Path(folder)))
        return 0
    originals()
    share = -(-asked.cases // asked.processes)
    workers = []
    for first in range(0, asked.cases, share):
        worker = os.fork()
        if not worker:
            os._exit(_part(asked.seed, range(first, min(first + share, asked.cases))))
        workers.append(worker)
    ended = [os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) for worker in workers]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{spent.ru_utime + spent.ru_stime:,.0f} s of processor")
    return int(any(ended))


def _part(seed: int, numbers: range) -> int:
    counts: Counter[tuple[str, str, str]] = Counter()
    faults = 0
    for outcome in run_cases(seed, numbers):
        if outcome.fault:
            faults += 1
            print(f"FAULT seed {seed}: {outcome}", flush=True)
        counts[outcome.mutator, outcome.as_it_is, outcome.anew] += 1
        if (done := outcome.number + 1 - numbers.start) % _TOLD == 0:
            print(f"{done:,} cases from {numbers.start:,} on: {faults} faults", flush=True)
    for (how, as_it_is, anew), count in sorted(counts.items()):
        print(f"{how:<18} {as_it_is or 'fault':<10} {anew or 'fault':<22} {count:>8,}", flush=True)
    print(f"cases {numbers.start:,} to {numbers.stop - 1:,}: {faults} faults", flush=True)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
