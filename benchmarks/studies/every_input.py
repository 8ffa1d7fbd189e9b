"""Deep networks of which every input is run, by a process that is killed once and goes on.

The wrong inputs are counted and listed by the names of their features. The count is that of a run
that was killed half-way; with `again` the same is counted without stopping.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polyseme as ps
from harness.part import Row
from harness.problems import read

# An error that allows any size: sizes are given here.
_ANY = 0.9
_LOOK_EVERY = 0.2

COLUMNS = ("problem", "s", "seed", "ReLUs", "exact", "inputs run", "wrong", "share", "some")
COLUMNS += ("not stopped", "CPU s")
ABOUT = (
    "## Every input run",
    "",
    "Deep networks in superposition have no proof but running every input. The process is killed",
    "half-way and goes on from its file; *not stopped* is the count of one that was not. All wrong",
    "inputs are in the result file by the names of their features, and *some* are the first ones.",
    "CPU seconds are those of the run that was killed, both of its parts.",
)


def every_input(name: str, problem: str, active: int, neurons: int, seed: int, again: bool) -> Row:
    """Return the wrong ones among all inputs of one network, counted and listed."""
    circuit = read(problem)
    network = ps.compile(
        circuit,
        active=active,
        neurons=neurons,
        construction="deep",
        epsilon=None,
        error=_ANY,
        seed=seed,
    )
    with TemporaryDirectory() as folder:
        file, state = Path(folder) / "net.safetensors", Path(folder) / "state.json"
        network.save(file)
        proving = [sys.executable, "-m", "polyseme", "prove", str(file), problem, "--json"]
        proving += ["--active", str(active), "--method", "exhaustive"]
        begun = _seconds()
        killed_at = _killed([*proving, "--state", str(state)], state, len(circuit.features) // 4)
        answer = _answer([*proving, "--state", str(state)])
        seconds = _seconds() - begun
        listed = json.loads(state.read_text())["listed"]
        not_stopped = _answer(proving)["wrong"] if again else None
    return {
        "relus": network.neurons,
        "exact": network.provenance.monosemantic_neurons,
        "inputs": answer["inputs"],
        "wrong": answer["wrong"],
        "wrong_inputs": "; ".join(", ".join(on) for on in listed),
        "killed_at": killed_at,
        "not_stopped": not_stopped,
        "cpu_seconds": round(seconds, 1),
    }


def _killed(command: Sequence[str], state: Path, first: int) -> int:
    """Run a command until its state has come to a feature, kill it, and return the inputs run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if state.exists() and json.loads(state.read_text())["first"] >= first:
            process.kill()
        time.sleep(_LOOK_EVERY)
    run: int = json.loads(state.read_text())["inputs"]
    return run


def _answer(command: Sequence[str]) -> Row:
    """Return what a proof says; its exit status is 1 where an input is wrong."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    answer: Row = json.loads(done.stdout)
    return answer


def _seconds() -> float:
    """Return the CPU seconds of all processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cells(row: Row) -> tuple[str, ...]:
    """Return a row of the table."""
    some = "; ".join(row["wrong_inputs"].split("; ")[:3])
    return (
        f"`{row['problem']}`",
        f"{row['active']}",
        f"{row['seed']}",
        f"{row['relus']:,}",
        f"{row['exact']:,}",
        f"{row['inputs']:,}",
        f"{row['wrong']:,}",
        f"{row['wrong'] / row['inputs']:.1e}",
        some,
        "" if row["not_stopped"] is None else f"{row['not_stopped']:,}",
        f"{row['cpu_seconds']:,.0f}",
    )
