"""Changed files and the tests that are theirs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from changed_tests import ALWAYS, changed_files, files_for

COUNTING = "tests/limits/test_counting.py"
WITH_ERROR = "tests/limits/test_counting_with_error.py"
TABLE = "tests/limits/test_table.py"
CORPUS = "tests/whole/test_corpus.py"
TOOL = "tests/tools/test_changed_tests.py"
TESTS = [COUNTING, WITH_ERROR, TABLE, CORPUS, TOOL, *ALWAYS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with test files, of which one imports a helper and one the table of circuits."""
    for test in TESTS:
        (tmp_path / test).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / test).write_text("import numpy as np\n")
    (tmp_path / TABLE).write_text("import numpy as np\nfrom support.gates import over\n")
    (tmp_path / CORPUS).write_text("from corpus import CORPUS\n")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ("src/polyseme/limits/counting.py", [COUNTING, WITH_ERROR, *ALWAYS]),
        ("src/polyseme/limits/table.py", [TABLE, *ALWAYS]),
        ("src/polyseme/limits/facts.py", [COUNTING, WITH_ERROR, TABLE, *ALWAYS]),
        ("src/polyseme/nowhere/else.py", [*ALWAYS]),
        ("src/polyseme/py.typed", []),
        ("tests/limits/conftest.py", [COUNTING, WITH_ERROR, TABLE]),
        ("tests/conftest.py", TESTS),
        ("tests/support/gates.py", [TABLE]),
        ("tests/support/gate.py", []),
        ("tests/corpus.py", [CORPUS]),
        ("tools/changed_tests.py", [TOOL]),
        (TABLE, [TABLE]),
        ("README.md", []),
    ],
)
def test_a_file_has_the_tests_of_its_name_and_place(
    folder: Path, changed: str, wanted: list[str]
) -> None:
    assert files_for([changed], TESTS, folder) == sorted(wanted)


def test_files_are_changed_in_the_index_in_the_tree_or_not_yet_known(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@t")
        subprocess.run(("git", *who, *arguments), cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in ("same", "staged", "edited", "gone"):
        (tmp_path / name).write_text("one")
    git("add", ".")
    git("commit", "-m", "first")
    (tmp_path / "staged").write_text("two")
    git("add", "staged")
    (tmp_path / "edited").write_text("two")
    (tmp_path / "new").write_text("two")
    (tmp_path / "gone").unlink()
    assert changed_files("HEAD", tmp_path) == ["edited", "new", "staged"]
