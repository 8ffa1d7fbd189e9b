"""Optional dependencies: the module, or one line that says how to get it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from polyseme.common.extras import (
    import_aigverse,
    import_distributed,
    import_joblib,
    import_matplotlib,
    import_numba,
    import_onnx,
    import_pysat,
    import_sklearn,
    import_starlette,
    import_torch,
    import_uvicorn,
)
from polyseme.errors import MissingExtraError

EXTRAS = [
    (import_torch, "torch", "torch"),
    (import_numba, "numba", "speed"),
    (import_onnx, "onnx", "onnx"),
    (import_aigverse, "aigverse", "logic"),
    (import_pysat, "pysat", "prove"),
    (import_matplotlib, "matplotlib", "plots"),
    (import_starlette, "starlette", "explorer"),
    (import_uvicorn, "uvicorn", "explorer"),
    (import_joblib, "joblib", "studies"),
    (import_distributed, "distributed", "cluster"),
    (import_sklearn, "sklearn", "bench"),
]
# Names of projects that are not those of their modules.
PROJECTS = {"pysat": "python-sat", "sklearn": "scikit-learn"}
# Extras that bring what another extra is named for.
BROUGHT = {"bench": ["torch"]}


@pytest.mark.parametrize(("imported", "module", "extra"), EXTRAS)
def test_a_missing_extra_is_named_with_what_needs_it(imported, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as missing:
        imported("the test")
    assert str(missing.value) == f'the test needs {module}: pip install "polyseme[{extra}]"'


@pytest.mark.parametrize(("imported", "module", "_extra"), EXTRAS)
def test_an_installed_extra_is_returned(imported, module, _extra):
    pytest.importorskip(module)
    assert imported("the test").__name__ == module


def test_every_extra_is_used_and_holds_what_it_is_named_for():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    declared = {
        extra: [wanted.partition(">=")[0] for wanted in wanting]
        for extra, wanting in project["optional-dependencies"].items()
    }
    used = {extra: [*wanted] for extra, wanted in BROUGHT.items()}
    for _, module, extra in EXTRAS:
        used.setdefault(extra, []).append(PROJECTS.get(module, module))
    assert declared == used
