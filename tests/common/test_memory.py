"""Memory that is left, as the system tells it."""

from __future__ import annotations

import pytest

from polyseme.common import memory
from polyseme.common.memory import available_memory

MEMINFO = "MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:   16000000 kB\n"


@pytest.fixture
def group(tmp_path, monkeypatch):
    """A machine with 16,000,000 kB left, and the folder of its control group."""
    machine = tmp_path / "meminfo"
    machine.write_text(MEMINFO)
    monkeypatch.setattr(memory, "_MACHINE", machine)
    names = "memory.max", "memory.current", "inactive_file"
    monkeypatch.setattr(memory, "_GROUPS", (memory._Group(tmp_path, *names),))
    return tmp_path


def test_without_a_control_group_it_is_that_of_the_machine(group):
    assert available_memory() == 16_000_000 * 1024


@pytest.mark.parametrize(
    ("limit", "left"),
    [("2000000", 1_600_000), ("max", 16_000_000 * 1024), ("100000", 0), ("9" * 19, 16_384_000_000)],
)
def test_a_control_group_may_leave_less(limit, left, group):
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text("500000\n")
    (group / "memory.stat").write_text("anon 400000\ninactive_file 100000\n")
    assert available_memory() == left


def test_a_system_that_does_not_tell_is_not_asked_again(group, monkeypatch):
    monkeypatch.setattr(memory, "_MACHINE", group / "nowhere")
    assert available_memory() is None


def test_of_this_machine_it_is_some_or_not_told():
    left = available_memory()
    assert left is None or left >= 0
