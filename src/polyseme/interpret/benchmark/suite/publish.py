"""Write the hashes of all networks of the suite.

`python -m polyseme.interpret.benchmark.suite.publish` writes `hashes.py` anew.
"""

from __future__ import annotations

from pathlib import Path

from polyseme.common.files import write_whole
from polyseme.interpret.benchmark.suite.building import built, hash_of
from polyseme.interpret.benchmark.suite.networks import SPECS

_HEAD = (
    '"""SHA-256 of every network of the suite; `suite/publish.py` writes '
    'them."""\n\nHASHES: dict[str, str] = {\n'
)


def publish() -> None:
    """Compile every network of the suite and write the file of hashes."""
    lines = [f'    "{name}": "{hash_of(built(name, spec))}",\n' for name, spec in SPECS.items()]
    write_whole(Path(__file__).with_name("hashes.py"), (_HEAD + "".join(lines) + "}\n").encode())


if __name__ == "__main__":
    publish()
