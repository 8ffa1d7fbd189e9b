"""The benchmark: do interpretability methods find what a network computes?

`polyseme.bench` is this package and can be called, `ps.bench("small")`: it is `benchmark.bench`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """A package that runs the benchmark when it is called."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what `polyseme.bench.benchmark.bench` does."""
        from polyseme.bench.benchmark import bench

        return bench(*arguments, **named)


sys.modules[__name__].__class__ = _Callable
