"""Print the test files for the files changed in the working tree since a commit.

    python tools/changed_tests.py            since the last commit
    python tools/changed_tests.py HEAD~3

A source file has the tests of its name and place: `src/polyseme/limits/counting.py` has
`tests/limits/test_counting.py` and `tests/limits/test_counting_*.py`. A source file without such
tests has those of its folder. A file that tests share has the tests that import it. If nothing has
changed, nothing is printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# These tests look at all files of the package, and take seconds.
ALWAYS = ("tests/whole/test_levels.py", "tests/whole/test_small_files.py")


def changed_files(since: str, root: Path = ROOT) -> list[str]:
    """Return the files that differ from a commit and still exist, untracked ones too."""
    listed: list[str] = []
    for command in (
        ("git", "diff", "--name-only", "--diff-filter=d", since, "--"),
        ("git", "ls-files", "--others", "--exclude-standard"),
    ):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        listed += done.stdout.splitlines()
    return sorted(set(listed))


def files_for(changed: Iterable[str], tests: Iterable[str], root: Path = ROOT) -> list[str]:
    """Return the test files for changed files, out of all test files; paths are from the root."""
    tests, found = sorted(tests), set()
    for path in map(Path, changed):
        if path.as_posix() in tests:
            found.add(path.as_posix())
        elif path.parts[:2] == ("src", "polyseme") and path.suffix == ".py":
            found |= _mirrored(Path("tests", *path.parts[2:]), tests)
            found |= set(ALWAYS) & set(tests)
        elif path.parts[:1] == ("tools",) and path.suffix == ".py":
            found |= _mirrored(Path("tests", *path.parts), tests)
        elif path.name == "conftest.py":
            found |= _under(path.parent, tests)
        elif path.parts[:1] == ("tests",) and path.suffix == ".py":
            found |= _importing(".".join(path.with_suffix("").parts[1:]), tests, root)
    return sorted(found)


def _mirrored(path: Path, tests: list[str]) -> set[str]:
    """Return tests of the name and place of a source file or, if none, those of its folder."""
    pattern = re.compile(rf"{re.escape(path.parent.as_posix())}/test_{path.stem}(_\w+)?\.py")
    named = {test for test in tests if pattern.fullmatch(test)}
    return named or {test for test in tests if Path(test).parent == path.parent}


def _under(folder: Path, tests: list[str]) -> set[str]:
    return {test for test in tests if folder in Path(test).parents}


def _importing(module: str, tests: list[str], root: Path) -> set[str]:
    pattern = re.compile(rf"^\s*(from|import) {re.escape(module)}\b", re.MULTILINE)
    return {test for test in tests if pattern.search((root / test).read_text(encoding="utf-8"))}


def main() -> None:
    """Print the files, one per line."""
    parser = argparse.ArgumentParser(
        description="Print the test files for the files changed since a commit.",
        epilog="Example: python tools/changed_tests.py HEAD~3",
    )
    parser.add_argument("since", nargs="?", default="HEAD", help="a commit; HEAD by default")
    since = parser.parse_args().since
    tests = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/**/test_*.py")]
    print("\n".join(files_for(changed_files(since), tests)))


if __name__ == "__main__":
    main()
