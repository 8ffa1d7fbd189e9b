"""Benchmarks draw, and read the airports: without those packages there is nothing to test."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("matplotlib") is None or find_spec("airportsdata") is None:
    collect_ignore_glob = ["*"]
