"""The package: its description for the index, and wheel and sdist, installed and tried."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path
from types import ModuleType

import pytest

import polyseme as ps
from support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOME = "https://example.org/somebody/polyseme"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# What the built package must not find by accident.
_WITHOUT = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")


def setup_script() -> ModuleType:
    """setup.py, which sets nothing up when it is imported."""
    spec = importlib.util.spec_from_file_location("setup_of_polyseme", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SETUP = setup_script()


def test_versions_agree():
    assert PROJECT["version"] == ps.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {ps.__version__}\n" in citation


def test_the_address_of_the_repository_is_one_setting():
    """Nobody is led to an address by another file, least of all to one that is invented."""
    assert "urls" not in PROJECT
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert SETUP.repository() == settings["tool"]["polyseme"]["repository"]
    for name in ("README.md", "CITATION.cff", "CONTRIBUTING.md", "setup.py"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "github.com/polyseme" not in text
    assert all(url.startswith(HOME) for url in SETUP.addresses(HOME).values())
    assert set(SETUP.addresses(HOME)) == {"Homepage", "Documentation", "Changelog", "Issues"}
    assert SETUP.addresses("") == {}


def test_without_an_address_the_description_links_to_no_file():
    text = "see [the docs](docs/python.md#run), ![a picture](docs/a.png)[RFC](https://rfc.org/1)"
    assert SETUP.absolute(text, "") == "see the docs, [RFC](https://rfc.org/1)"
    assert all(link.startswith(("https://", "#")) for link in _LINK.findall(SETUP.description("")))


def test_links_of_the_description_lead_to_files_of_the_repository():
    links = _LINK.findall(SETUP.description(HOME))
    assert len(links) == len(_LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    for link in links:
        assert link.startswith("https://"), link
        if link.startswith(HOME):
            kind, _, path = link.removeprefix(f"{HOME}/").partition("/main/")
            assert kind == ("raw" if path.endswith(".png") else "blob")
            assert (ROOT / path.partition("#")[0]).exists(), link


def run(command: list[str | Path], folder: Path) -> str:
    """What a command prints, without any of this repository in its way."""
    clean = {name: value for name, value in os.environ.items() if name not in _WITHOUT}
    done = subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def index() -> None:
    """Skip where packages cannot be installed from an index."""
    asked = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps"]
    asked += ["--ignore-installed", "--retries", "1", "rich"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip("no package index can be reached, which dependencies are installed from")


@pytest.fixture(scope="module")
def built(index: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that pip builds from it."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    settings = source / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    assert text.count('\nrepository = "') == 1
    settings.write_text(re.sub('\nrepository = ".*"', f'\nrepository = "{HOME}"', text), "utf-8")
    program = "from setuptools import build_meta; build_meta.build_sdist('..')"
    run([sys.executable, "-c", program], source)
    (sdist,) = folder.glob("*.tar.gz")
    run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, sdist], folder)
    return folder


@pytest.mark.slow
def test_the_wheel_has_everything_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = message_from_bytes(archive.read(f"polyseme-{ps.__version__}.dist-info/METADATA"))
    package = ROOT / "src"
    files = {
        str(path.relative_to(package))
        for path in (package / "polyseme").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == files
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode().strip() == SETUP.description(HOME).strip()
    assert set(metadata.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])
    assert metadata.get_all("Project-URL") == [
        f"{name}, {url}" for name, url in SETUP.addresses(HOME).items()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_what_is_built_installs_and_works(kind, built, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    (package,) = built.glob(kind)
    run([binaries / "python", "-m", "pip", "install", "--quiet", package], tmp_path)
    polyseme = binaries / "polyseme"
    assert run([polyseme, "--version"], tmp_path) == f"polyseme {ps.__version__}\n"
    run([polyseme, "compile", "and2:features=20,gates=20", "-o", "net.safetensors"], tmp_path)
    assert run([polyseme, "run", "net.safetensors", "--on", "x0,x1"], tmp_path) is not None
    run([polyseme, "verify", "net.safetensors", "--samples", "500"], tmp_path)
    where = run([binaries / "python", "-c", "import polyseme; print(polyseme.__file__)"], tmp_path)
    assert str(tmp_path) in where
