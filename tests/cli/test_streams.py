"""Streams that are closed, full, or without a reader cost what was to go there, and no more."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import sys
from pathlib import Path

import pytest

from polyseme.cli.main import main
from polyseme.cli.streams import GuardedStream, guarded_streams
from support.cli import EASY, PROBLEM, Bench
from support.processes import shell

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
CLOSED = "polyseme: standard output cannot be written: it is closed\n"
NO_SPACE = "polyseme: standard output cannot be written: No space left on device\n"


class _Failing(io.StringIO):
    """A stream that holds so many characters, and then fails."""

    def __init__(self, error: OSError, room: int = 0) -> None:
        super().__init__()
        self._error, self._room = error, room

    def write(self, text: str) -> int:
        if self.tell() + len(text) > self._room:
            raise self._error
        return super().write(text)


def test_a_stream_that_works_is_written_as_ever() -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), guarded_streams() as result:
        assert print("fine", flush=True) is None
        assert not sys.stdout.isatty()
    assert out.getvalue() == "fine\n"
    assert result.failure is None


def test_the_first_failure_is_kept_and_the_rest_is_dropped() -> None:
    stream = _Failing(OSError(errno.ENOSPC, "No space left on device"), room=4)
    guarded = GuardedStream(stream)
    assert guarded.write("four") == 4
    assert guarded.write("five") == 4
    guarded.flush()
    assert guarded.write("") == 0
    assert (stream.getvalue(), guarded.failure) == ("four", "No space left on device")
    assert not guarded.reader_gone


def test_a_reader_that_has_gone_is_told_from_other_failures() -> None:
    guarded = GuardedStream(_Failing(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    guarded.write("text")
    assert guarded.reader_gone


def test_a_stream_that_is_not_there_has_failed() -> None:
    guarded = GuardedStream(None)
    assert guarded.write("text") == 4
    guarded.flush()
    assert (guarded.failure, guarded.isatty(), guarded.encoding) == ("it is closed", False, "utf-8")


def test_a_stream_that_was_closed_on_the_way_has_failed() -> None:
    stream = io.StringIO()
    guarded = GuardedStream(stream)
    stream.close()
    guarded.write("text")
    assert "closed" in str(guarded.failure)
    assert not guarded.isatty()


def test_a_defect_of_what_is_written_is_not_hidden() -> None:
    class Strict(io.StringIO):
        def write(self, text: str) -> int:
            raise UnicodeEncodeError("ascii", text, 0, 1, "no such character")

    with pytest.raises(UnicodeEncodeError):
        GuardedStream(Strict()).write("é")


@pytest.mark.parametrize("arguments", [["--version"], ["bounds", PROBLEM], ["--help"]])
def test_a_reader_that_has_gone_ends_quietly_with_141(arguments: list[str]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    err = io.StringIO()
    with os.fdopen(write_end, "w") as gone, contextlib.redirect_stdout(gone):
        with contextlib.redirect_stderr(err):
            assert main(arguments) == 141
        gone.flush()
    assert err.getvalue() == ""


@needs_full
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["run", "--help"], ["bounds"]])
def test_a_full_disk_is_one_line(arguments: list[str]) -> None:
    asked = [*arguments, PROBLEM] if arguments == ["bounds"] else arguments
    err = io.StringIO()
    with FULL.open("w") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(asked) == 2
    assert err.getvalue() == NO_SPACE


@needs_full
def test_a_full_standard_error_costs_only_what_is_said_there(bench: Bench) -> None:
    out = io.StringIO()
    with FULL.open("w") as err, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        # It falls short, which standard error would say, and has the same status.
        assert main(["verify", str(bench.weak), "--samples", "2000", "--json"]) == 1
        assert main(["bounds", "nonsense"]) == 2
    assert json.loads(out.getvalue())["wrong"] > 0


def test_a_lost_result_leaves_a_verdict_as_it_is(bench: Bench) -> None:
    err = io.StringIO()
    gone = _Failing(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    with contextlib.redirect_stdout(gone), contextlib.redirect_stderr(err):
        assert main(["verify", str(bench.weak), "--samples", "2000"]) == 1
    assert "falls short" in err.getvalue()


def test_without_streams_files_are_written_and_take_no_number_of_theirs(tmp_path: Path) -> None:
    problem = " ".join(EASY)
    done = shell(f"$P compile {problem} -o net.safetensors --json <&- >&- 2>&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "net.key.safetensors",
        "net.safetensors",
    ]
    checked = shell("$P verify net.safetensors --samples 100 >&-", tmp_path)
    assert (checked.returncode, checked.stderr) == (2, CLOSED)


def test_without_standard_error_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    # It warns that superposition does not pay, on standard error.
    done = shell("$P compile and2:features=20,gates=20 --json 2>&-", tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["neurons"] == 20
