"""Files and networks that the tests of several commands share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.circuits import problems
from polyseme.networks.saving.files import key_path
from support.cli import C17, EASY, FACTS, PROBLEM, Bench, done, loaded_by_every_command


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("cli")
    net, weak, facts_net = (folder / f"{x}.safetensors" for x in ("net", "weak", "facts"))
    facts, keyless = folder / "facts.csv", folder / "keyless.safetensors"
    with facts.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(FACTS)
    done("compile", *EASY, "-o", net)
    done("compile", PROBLEM, "--neurons", "150", "--epsilon", "none", "-o", weak, status=1)
    done("compile", facts, "-o", facts_net)
    keyless.write_bytes(net.read_bytes())
    spoilt = {
        "empty.safetensors": b"",
        "junk.safetensors": bytes(range(256)) * 9,
        "cut.safetensors": net.read_bytes()[:-5],
        "bare.safetensors": b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
        "other.safetensors": key_path(net).read_bytes(),
        "broken.csv": b"country,capital\nFrance\n",
    }
    for name, content in spoilt.items():
        (folder / name).write_bytes(content)
    (folder / "folder.csv").mkdir()
    study = folder / "study.toml"
    study.write_text('task = "builtins:dict"\n[grid]\nseed = [0]\n', encoding="utf-8")
    paths = (*(folder / name for name in spoilt), folder / "folder.csv", folder / "missing.csv")
    return Bench(folder, net, weak, facts_net, facts, keyless, paths, study)


@pytest.fixture(scope="session")
def c17(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logic") / "c17.bench"
    path.write_text(C17, encoding="utf-8")
    return path


@pytest.fixture
def deep(c17: Path, monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    """The network of c17, which every command is made to load, whatever file is named."""
    network = ps.compile(ps.read(str(c17)), active=5)
    return loaded_by_every_command(network, monkeypatch)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    """A deep network with far too few neurons, in superposition and loaded like `deep`."""
    return loaded_by_every_command(
        ps.compile(problems.layered(400, 4), neurons=300, carry="gates"), monkeypatch
    )
