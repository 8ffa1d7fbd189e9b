"""What holds for all tests.

Examples are drawn the same in every run, so that a run that passes passes again. To look for others
for a while: `.venv/bin/python -m pytest -n 2 --hypothesis-profile=random`.

Progress stays silent, so that what commands print does not depend on how fast the machine is.
"""

import pytest
from hypothesis import settings

from polyseme.common import progress_shown

settings.register_profile("random", derandomize=False)
settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def silent_progress() -> None:
    progress_shown.QUIET = 3600.0
