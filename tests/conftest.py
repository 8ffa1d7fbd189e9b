"""What holds for all tests.

Examples are drawn the same in every run, so that a run that passes passes again. To look for others
for a while: `.venv/bin/python -m pytest -n 2 --hypothesis-profile=random`.
"""

from hypothesis import settings

settings.register_profile("random", derandomize=False)
settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")
