"""Export networks with their answer keys as a folder that is a data set by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from polyseme.common.arguments import instance, shown_value, text
from polyseme.common.files import write_whole
from polyseme.common.files.folders import check_new_folder, whole_folder
from polyseme.common.progress import phase
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.exporting.croissant import croissant
from polyseme.interpret.benchmark.exporting.facts import (
    Fact,
    FileFacts,
    as_json,
    facts_of,
    facts_of_file,
    table,
)
from polyseme.interpret.benchmark.exporting.huggingface import page
from polyseme.interpret.benchmark.exporting.licences import LICENCES
from polyseme.interpret.benchmark.suite.by_name import load, names
from polyseme.interpret.benchmark.suite.networks import SPECS
from polyseme.networks.checks import check_path
from polyseme.networks.network import Network
from polyseme.networks.saving.files import save_apart

_TABLE = "networks.csv"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_ABOUT = (
    "ReLU networks that compute known Boolean circuits over sparse features, most of them with "
    "fewer neurons than features or gates, compiled by polyseme. Every one comes with its answer "
    "key: each feature's code, each gate, and the neurons that serve it. They are ground truth for "
    "methods that read networks."
)


def export_suite(
    networks: str | Mapping[str, Network],
    folder: str | os.PathLike[str],
    *,
    licence: str = "other",
    title: str = "Networks that compute in superposition",
) -> Path:
    """Write networks with their answer keys as a folder that Hugging Face takes as a data set.

    The folder appears whole or not at all. It has `networks/NAME/{network,key}.safetensors` and
    `card.json` for every network, a table `networks.csv`, a `README.md` with the header that
    Hugging Face reads, and `croissant.json`, which has the SHA-256 of every other file. The same
    networks make the same bytes.

    Args:
        networks: Networks by name, or the name of a suite of the benchmark, "core" or "small". Of
            a suite, networks are there once and as they were compiled: `ps.suite.subject` dresses
            them, and shuffles the control.
        folder: The folder to make.
        licence: What the networks are under: apache-2.0, cc-by-4.0, cc-by-sa-4.0, cc0-1.0, mit,
            odbl or other. A suite of the benchmark is under mit.
        title: The name of the data set.

    Returns:
        The path of the folder.

    Raises:
        OptionError: An argument is of a wrong type, a name is no name of a folder, a network has no
            answer key, or there is no such suite.
        PolysemeError: The folder is there already, or cannot be written.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.build_circuit("abc", [(ps.GateKind.AND, (0, 1))], [3])
        >>> place = ps.export_suite({"and": ps.compile(circuit)}, "ands", licence="mit")
        >>> sorted(path.name for path in place.iterdir())
        ['README.md', 'croissant.json', 'networks', 'networks.csv']
    """
    check_path(folder, "folder")
    under = LICENCES[text("licence", licence, LICENCES)]
    if not text("title", title).isprintable() or not title.strip():
        raise OptionError(f"title is {shown_value(title)}; it must be a line of printable text")
    check_new_folder(folder)
    if isinstance(networks, str):
        under = LICENCES["mit"]
        networks = _of_suite(networks)
    _check(networks)
    with whole_folder(folder) as place:
        rows, files = [], []
        for name, network in sorted(networks.items()):
            with phase(f"writing {name}"):
                row, written = _write_network(place, name, network)
            rows.append(row)
            files += written
        write_whole(place / _TABLE, table(rows))
        write_whole(place / "README.md", page(title, _ABOUT, under, rows, _TABLE).encode())
        files = [facts_of_file(place, "README.md"), facts_of_file(place, _TABLE), *files]
        described = croissant(title, _ABOUT, under, files, _TABLE)
        write_whole(place / "croissant.json", as_json(described))
    return Path(folder)


def _of_suite(suite: str) -> dict[str, Network]:
    """Return the networks of a suite, each once, without the control that is no network's own."""
    bare = dict.fromkeys(name.partition("+")[0] for name in names(suite))
    found = {}
    for name in bare:
        if not SPECS[name].shuffled:
            with phase(f"compiling {name}"):
                found[name] = load(name)
    return found


def _check(networks: Mapping[str, Network]) -> None:
    instance("networks", networks, Mapping, "networks by name, or the name of a suite")
    if not networks:
        raise OptionError("networks is empty; it must have a network")
    for name, network in networks.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise OptionError(
                f"networks has the name {shown_value(name)}; it must be 1 to 100 letters, digits "
                "and signs of . _ + - and begin with a letter or digit"
            )
        instance(f"networks[{name!r}]", network, Network, "a network")
        if network.key is None:
            raise OptionError(f"networks: {name} has no answer key, which its folder needs")
    if len({name.casefold() for name in networks}) < len(networks):
        raise OptionError("networks has names that differ in capitals alone")


def _write_network(
    place: Path, name: str, network: Network
) -> tuple[dict[str, Fact], list[FileFacts]]:
    """Write the folder of a network; return its row and its files."""
    own = f"networks/{name}"
    (place / own).mkdir(parents=True)
    paths = [f"{own}/network.safetensors", f"{own}/key.safetensors", f"{own}/card.json"]
    save_apart(network, place / paths[0], place / paths[1])
    saved = [facts_of_file(place, path) for path in paths[:2]]
    row = facts_of(name, network, saved[0], saved[1])
    write_whole(place / paths[2], as_json({**row, "card": network.card()}))
    return row, [*saved, facts_of_file(place, paths[2])]
