"""The description for the package index: the README, with links that lead somewhere from there.

All else is in pyproject.toml, whose `tool.polyseme.repository` is the one place that names the
repository. Without it there are no addresses and no links to files.
"""

import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


def repository() -> str:
    """Return the address of the repository, empty while it has none."""
    settings = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["polyseme"]["repository"].rstrip("/")


def absolute(text: str, home: str) -> str:
    """Return Markdown whose links to files lead into the repository; pictures to their content.

    Without an address of it, links become their text, and pictures are left out.
    """

    def led(found: re.Match[str]) -> str:
        picture, words, path = found.groups()
        if not home:
            return "" if picture else words
        return f"{picture}[{words}]({home}/{'raw' if picture else 'blob'}/main/{path})"

    return _LINK.sub(led, text)


def description(home: str) -> str:
    """Return the README for the package index."""
    return absolute((HERE / "README.md").read_text(encoding="utf-8"), home)


def addresses(home: str) -> dict[str, str]:
    """Return the addresses of the package, by name; none without that of the repository."""
    if not home:
        return {}
    return {
        "Homepage": home,
        "Documentation": f"{home}/blob/main/docs/python.md",
        "Changelog": f"{home}/blob/main/CHANGELOG.md",
        "Issues": f"{home}/issues",
    }


if __name__ == "__main__":
    from setuptools import setup

    home = repository()
    setup(
        long_description=description(home),
        long_description_content_type="text/markdown",
        project_urls=addresses(home),
    )
