"""Pairs of files: replaced as one, whatever happens at any step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from polyseme.common.files.pairs import waiting_for, write_pair
from polyseme.errors import PolysemeError

OLD, NEW = "0" * 64, "1" * 64


def write(folder: Path, mark: str) -> None:
    content = mark[:1].encode()
    write_pair(folder / "net", [b"net", content], folder / "key", [b"key", content], mark)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pair(folder: Path) -> tuple[bytes, bytes]:
    """The pair as a reader finds it, that knows the mark from the first file."""
    first = (folder / "net").read_bytes()
    waiting = waiting_for(folder / "key", first[-1:].decode() * 64)
    return first, (waiting if waiting.exists() else folder / "key").read_bytes()


def test_both_are_written_and_nothing_is_left(tmp_path):
    for mark in (OLD, NEW):
        write(tmp_path, mark)
        assert left(tmp_path) == ["key", "net"]
        assert pair(tmp_path) == (b"net" + mark[:1].encode(), b"key" + mark[:1].encode())


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("first", [True, False])
def test_an_error_or_an_interrupt_at_any_step_leaves_the_old_pair_or_the_new(
    call, first, tmp_path, monkeypatch
):
    seen = set()
    for fault in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        for step in range(1, 10):
            folder = tmp_path / f"{type(fault).__name__}{step}"
            folder.mkdir()
            write(folder, OLD)
            with monkeypatch.context() as patch:
                faulty = _faulty(getattr(os, call), step, fault, first)
                patch.setattr(os, call, faulty)
                try:
                    write(folder, NEW)
                except (PolysemeError, KeyboardInterrupt):
                    seen.add(pair(folder))
            assert pair(folder) in ((b"net0", b"key0"), (b"net1", b"key1"))
            write(folder, NEW)
            assert left(folder) == ["key", "net"]
    assert (b"net0", b"key0") in seen


def _faulty(call, step, fault, first):
    calls = 0

    def faulty(*arguments):
        nonlocal calls
        calls += 1
        if calls == step and first:
            raise fault
        done = call(*arguments)
        if calls == step and isinstance(fault, KeyboardInterrupt):
            raise fault
        return done

    return faulty


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout"])
def test_a_pair_is_never_streamed(path, tmp_path):
    with pytest.raises(PolysemeError, match="not a regular file"):
        write_pair(path, [b"a"], tmp_path / "key", [b"b"], NEW)
    with pytest.raises(PolysemeError, match="both files of a pair"):
        write_pair(tmp_path / "key", [b"a"], tmp_path / "key", [b"b"], NEW)
    assert not list(tmp_path.iterdir())
