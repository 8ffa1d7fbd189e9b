"""What holds for all tests.

Examples are drawn the same in every run, so that a run that passes passes again. To look for others
for a while: `.venv/bin/python -m pytest -n 2 --hypothesis-profile=random`.

No example has a deadline: a machine at work with other things is slow for a while.

Progress stays silent, so that what commands print does not depend on how fast the machine is.
"""

import pytest
from hypothesis import settings

from polyseme.common import progress_shown

settings.register_profile("random", derandomize=False, deadline=None)
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def silent_progress() -> None:
    progress_shown.QUIET = 3600.0
