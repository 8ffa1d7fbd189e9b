"""Networks of the suite are kept in a folder of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("POLYSEME_CACHE")
    os.environ["POLYSEME_CACHE"] = str(folder)
    yield folder
    os.environ.pop("POLYSEME_CACHE")
    if before is not None:
        os.environ["POLYSEME_CACHE"] = before
