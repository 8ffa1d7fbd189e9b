"""What the measurements of the introduction share."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import polyseme as ps
from polyseme.networks.saving.files import network_pieces

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "site" / "introduction" / "data"


def packed(network: ps.Network) -> str:
    """Return the file of a small network in base64."""
    return base64.b64encode(b"".join(network_pieces(network))).decode()


def results(name: str) -> dict[str, Any]:
    """Return the results of one benchmark."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
