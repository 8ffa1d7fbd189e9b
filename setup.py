"""The description for the package index: the README, with links that lead somewhere from there.

All else is in pyproject.toml, whose Homepage is the one place that names the repository.
"""

import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
_LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!https?:|#)([^)]+)\)")


def absolute(text: str, home: str) -> str:
    """Return Markdown whose links to files lead into the repository; pictures to their content."""
    return _LINK.sub(
        lambda found: (
            f"{found[1]}{found[2]}({home}/{'raw' if found[1] else 'blob'}/main/{found[3]})"
        ),
        text,
    )


def description() -> str:
    """Return the README for the package index."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return absolute((HERE / "README.md").read_text(encoding="utf-8"), project["urls"]["Homepage"])


if __name__ == "__main__":
    from setuptools import setup

    setup(long_description=description(), long_description_content_type="text/markdown")
