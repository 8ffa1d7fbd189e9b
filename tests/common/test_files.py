"""What messages show of files and errors: one line, of a length to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyseme.common.files import one_line, shown_path, write_whole
from polyseme.errors import PolysemeError


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("net.safetensors", "net.safetensors"),
        (Path("a dir") / "é", "a dir/é"),
        ("two\nlines", "'two\\nlines'"),
        ("", "''"),
        ("x" * 301, "'" + "x" * 299),
    ],
)
def test_a_path_is_shown_on_one_line(path, shown):
    assert shown_path(path) == shown


def test_an_error_is_shown_on_one_line():
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert len(one_line(ValueError("x" * 1000))) == 300


def test_pieces_are_written_one_behind_the_other(tmp_path):
    write_whole(tmp_path / "file", b"ab", memoryview(b"cd"))
    assert (tmp_path / "file").read_bytes() == b"abcd"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_nothing_and_is_named(tmp_path):
    with pytest.raises(PolysemeError, match=r"missing/file: cannot be written: No such file"):
        write_whole(tmp_path / "missing" / "file", b"")
    with pytest.raises(PolysemeError, match="cannot be written"):
        write_whole(tmp_path, b"")
    assert not list(tmp_path.iterdir())
