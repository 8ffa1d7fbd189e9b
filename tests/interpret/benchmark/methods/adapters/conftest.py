"""What packages of others need that were made for older versions of what they use."""

from __future__ import annotations

import importlib

import pytest

OPERATORS = ("nms", "qnms")


@pytest.fixture
def older_packages(monkeypatch):
    """Let sae-lens and overcomplete be imported.

    A torchvision that was built for CUDA cannot be imported beside a torch without, unless its
    operators, which nothing here calls, are declared. overcomplete 0.3.0 asks matplotlib for a
    function that went in 3.9.
    """
    torch = pytest.importorskip("torch")
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in OPERATORS:
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        # The operators vanish with the library.
        torch.library.of_these_tests = library
    except ImportError:
        pass
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(pyplot.cm, "get_cmap", pyplot.get_cmap, raising=False)
