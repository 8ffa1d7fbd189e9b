"""Faults on purpose: whatever happens while files are written, one whole pair is there after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import polyseme as ps
from support.cli import call
from support.places import ROOT

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
PAIR = ["net.key.safetensors", "net.safetensors"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
PROBLEM = ["-W", "ignore", "-m", "polyseme", "compile", "y = a & b | c"]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def after_faults(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """What was found after every fault, by a process that has no threads to fork."""
    program = ROOT / "tests" / "support" / "faults.py"
    folder = tmp_path_factory.mktemp("faults")
    command = [sys.executable, "-W", "ignore", str(program), str(folder)]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("fault", "statuses", "pairs"),
    [
        ("killed", {-9, 0}, {"old", "new"}),
        ("no space", {3, 0}, {"old", "new"}),
        ("files of at most", {3}, {"old"}),
    ],
)
def test_a_fault_at_any_step_of_a_save_leaves_the_old_pair_or_the_new(
    fault, statuses, pairs, after_faults
):
    rows = [row for row in after_faults if row["fault"].startswith(fault)]
    assert {row["status"] for row in rows} == statuses
    # A pair is one: network and key are never of two saves.
    assert all(len(row["pair"]) == 1 for row in rows)
    assert {row["pair"][0] for row in rows} == pairs
    # The next save sweeps what was left over.
    assert all(row["left"] == PAIR for row in rows)


def _in_process(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, env=ENVIRONMENT, check=False, encoding="utf-8"
    )


AS_NOBODY = """
import sys
from pathlib import Path
import polyseme as ps
from support.faults import as_nobody
old, new = Path(sys.argv[1]), Path(sys.argv[2])
network = ps.load(old)
import polyseme.common.files.pairs, polyseme.networks.saving.files
as_nobody()
for act in (lambda: network.save(new, key=True), lambda: network.save(new), lambda: ps.load(old)):
    try:
        act()
        print("done")
    except ps.PolysemeError as error:
        print(error)
"""


@pytest.mark.skipif(not AS_ROOT, reason="only the superuser becomes another user")
def test_another_user_is_refused_by_the_reason(tmp_path):
    # Folders of pytest are closed to others, one more of them where tests run side by side.
    own = [folder for folder in tmp_path.parents if folder.name.startswith(("pytest-", "popen-"))]
    for folder in (tmp_path, *own):
        folder.chmod(0o755)
    net, closed = tmp_path / "net.safetensors", tmp_path / "closed"
    ps.compile(ps.read("y = a & b | c"), construction="monosemantic").save(net, key=True)
    closed.mkdir(mode=0o555)
    net.chmod(0o600)
    done = _in_process(AS_NOBODY, net, closed / "net.safetensors")
    assert done.returncode == 0, done.stderr
    pair, alone, loaded = done.stdout.splitlines()
    # The key is written first.
    assert pair.endswith("closed/net.key.safetensors: cannot be written: Permission denied")
    assert alone.endswith("closed/net.safetensors: cannot be written: Permission denied")
    assert loaded.endswith("net.safetensors: cannot be read: Permission denied")
    assert left(closed) == []


@pytest.mark.parametrize("home", [None, "/nonexistent"])
def test_no_home_is_needed(home, tmp_path):
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "HOME"}
    environment |= {} if home is None else {"HOME": home}
    command = [sys.executable, *PROBLEM, "-o", str(tmp_path / "net.safetensors")]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert left(tmp_path) == PAIR


TWO_RUNS = """
import os, sys, warnings
from pathlib import Path
import polyseme as ps
warnings.simplefilter("ignore")
path = Path(sys.argv[1])
networks = [
    ps.compile(ps.read(f"y = {'abcdef'[number]} & g | h"), construction="monosemantic")
    for number in range(2)
]
workers = []
for network in networks:
    worker = os.fork()
    if not worker:
        for _ in range(40):
            network.save(path, key=True)
        os._exit(0)
    workers.append(worker)
seen = set()
while len(seen) < 200 and any(os.waitpid(worker, os.WNOHANG)[0] == 0 for worker in workers[:1]):
    try:
        found = ps.load(path)
        seen.add((found.provenance.source, found.key.circuit.name))
    except ps.PolysemeError as error:
        assert "another network" in str(error) or "no such file" in str(error), error
for worker in workers:
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
    except ChildProcessError:
        pass
found = ps.load(path)
seen.add((found.provenance.source, found.key.circuit.name))
assert all(source == name for source, name in seen), seen
"""


def test_two_runs_on_one_output_leave_the_pair_of_one(tmp_path):
    done = _in_process(TWO_RUNS, tmp_path / "net.safetensors")
    assert done.returncode == 0, done.stderr
    assert left(tmp_path) == PAIR


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["compile", "y = a & b", "-o", "/dev/null"], 2, "is no regular file"),
        (["compile", "y = a & b", "-o", "/dev/stdout"], 2, "is no regular file"),
        (["convert", "y = a & b", "--to", "aag", "-o", "/dev/null"], 0, ""),
        (["convert", "y = a & b", "--to", "aag", "-o", "/dev/full"], 2, "No space left on device"),
        (["convert", "y = a & b", "--to", "aag", "-o", "-", "--json"], 2, "leave --json out"),
        (["convert", "y = a & b", "-o", "-"], 2, "--to must name the format"),
    ],
)
def test_devices_and_streams_as_outputs(arguments, status, message):
    outcome = call(*arguments)
    assert (outcome.status, message in outcome.stderr) == (status, True), outcome.stderr


def test_a_circuit_streams_to_standard_output_and_nothing_else_does():
    arguments = ["convert", "y = a & b", "--to", "aag", "-o", "-"]
    command = [sys.executable, "-W", "ignore", "-m", "polyseme", *arguments]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=True)
    assert done.stdout.startswith(b"aag 3 2 0 1 1\n")
    assert b"gates 1" in done.stderr
    assert done.stdout.endswith(b"y = a & b\n")
