"""Optional dependencies, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from polyseme.errors import MissingExtraError


def import_torch(what_for: str) -> Any:
    """Return torch; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("torch", "torch", what_for)


def import_matplotlib(what_for: str) -> Any:
    """Return matplotlib; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("matplotlib", "plots", what_for)


def import_onnx(what_for: str) -> Any:
    """Return onnx; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("onnx", "onnx", what_for)


def import_numba(what_for: str) -> Any:
    """Return numba; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("numba", "speed", what_for)


def import_aigverse(what_for: str) -> Any:
    """Return aigverse; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("aigverse", "logic", what_for)


def import_pysat(what_for: str) -> Any:
    """Return pysat; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("pysat", "prove", what_for)


def import_starlette(what_for: str) -> Any:
    """Return starlette; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("starlette", "explorer", what_for)


def import_uvicorn(what_for: str) -> Any:
    """Return uvicorn; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("uvicorn", "explorer", what_for)


def import_joblib(what_for: str) -> Any:
    """Return joblib; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("joblib", "studies", what_for)


def import_distributed(what_for: str) -> Any:
    """Return distributed; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("distributed", "cluster", what_for)


def import_sklearn(what_for: str) -> Any:
    """Return sklearn; raise MissingExtraError, naming what needs it, if it is not installed."""
    return _imported("sklearn", "bench", what_for)


def _imported(module: str, extra: str, what_for: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError(
            f'{what_for} needs {module}: pip install "polyseme[{extra}]"'
        ) from None
