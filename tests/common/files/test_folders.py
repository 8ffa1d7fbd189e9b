"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from polyseme.common.files.folders import whole_folder
from polyseme.common.files.temporaries import fcntl
from polyseme.errors import PolysemeError


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_at_the_end(tmp_path):
    with whole_folder(tmp_path / "new") as beside:
        (beside / "inner").mkdir()
        (beside / "inner" / "file").write_text("text")
        assert not (tmp_path / "new").exists()
    assert (tmp_path / "new" / "inner" / "file").read_text() == "text"
    assert names_in(tmp_path) == ["new"]


def test_an_error_leaves_nothing(tmp_path):
    def failing():
        with whole_folder(tmp_path / "new") as beside:
            (beside / "file").write_text("text")
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert not names_in(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_there_is_refused_and_stays(tmp_path, kind):
    place = tmp_path / "there"
    {
        "folder": place.mkdir,
        "file": lambda: place.write_text("text"),
        "link": lambda: place.symlink_to("nowhere"),
    }[kind]()
    rule = "there: is there already; name a folder that is not"
    with pytest.raises(PolysemeError, match=rule), whole_folder(place):
        raise AssertionError
    assert names_in(tmp_path) == ["there"]


def test_one_that_appears_meanwhile_is_not_replaced(tmp_path):
    with pytest.raises(PolysemeError, match="is there already"), whole_folder(tmp_path / "new"):
        (tmp_path / "new").mkdir()
    assert names_in(tmp_path) == ["new"]


@pytest.mark.parametrize("path", ["nowhere/new", "", "a\0b"])
def test_a_path_that_cannot_be_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolysemeError), whole_folder(path):
        raise AssertionError
    assert not names_in(tmp_path)


@pytest.mark.skipif(fcntl is None, reason="this system has no locks, and nothing is swept")
def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(tmp_path):
    program = """
import os, sys
from polyseme.common.files.folders import whole_folder
with whole_folder(sys.argv[1]) as beside:
    (beside / "file").write_text("text")
    os.kill(os.getpid(), 9)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    place = tmp_path / "killed"
    subprocess.run([sys.executable, "-c", program, place], env=environment, check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "file").exists()
    with whole_folder(tmp_path / "first") as living:
        assert not left.exists()
        with whole_folder(tmp_path / "second"):
            pass
        assert Path(living).exists()
    assert names_in(tmp_path) == ["first", "second"]
