"""What messages show of files and errors: one line, of a length to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyseme.common.files import one_line, shown_path


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
