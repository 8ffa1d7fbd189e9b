"""Regular files read whole; what is none is refused at once, and by name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from polyseme.common.files.reading import opened, read_whole
from polyseme.errors import PolysemeError


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert read_whole(tmp_path / "file", 7, "a text") == b"content"
    (tmp_path / "link").symlink_to("file")
    assert read_whole(tmp_path / "link", 7, "a text") == b"content"
    with pytest.raises(PolysemeError, match="a text may have at most 6 bytes"):
        read_whole(tmp_path / "file", 6, "a text")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "^no such file"),
        (lambda path: path.symlink_to("absent"), "^no such file"),
        (_loop, "^cannot be read: Too many levels of symbolic links"),
        (Path.mkdir, "^is a directory, not a regular file"),
        (_fifo, "^is a FIFO, not a regular file"),
        (_socket, "^is a socket, not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "^is a character device, not a regular file"),
    ],
)
def test_what_is_no_file_is_refused_at_once(make, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(Path("odd"))
    with pytest.raises(PolysemeError, match=reason):
        read_whole("odd", 10**9, "a text")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)

    def read_while(size: int) -> None:
        with opened(path) as file:
            os.truncate(path, size)
            file.read(file.size)

    with pytest.raises(PolysemeError, match="cut short"):
        read_while(50)
    with pytest.raises(PolysemeError, match="was changed"):
        read_while(200)


def test_a_file_beyond_memory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with opened(tmp_path / "file") as file, pytest.raises(PolysemeError, match="fit into memory"):
        file.read(2**62)
