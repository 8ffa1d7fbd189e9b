"""Output of `polyseme verify --worst`: JSON, or the worst case in sentences."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from polyseme.cli.output.text import emit, emit_json
from polyseme.proving.worst_case import WorstCase


def emit_worst(found: WorstCase, outputs: int, seconds: float, as_json: bool) -> None:
    """Write the worst case of a network of so many outputs on standard output."""
    if as_json:
        emit_json(_fields(found, outputs, seconds))
    else:
        emit("\n".join(_sentences(found, outputs, seconds)))


def _fields(found: WorstCase, outputs: int, seconds: float) -> dict[str, Any]:
    return {
        "proved": found.proved,
        **asdict(found),
        # JSON has no infinity: that of an output which is never on.
        "margin": found.margin if math.isfinite(found.margin) else None,
        "outputs": outputs,
        "seconds": round(seconds, 3),
    }


def _sentences(found: WorstCase, outputs: int, seconds: float) -> list[str]:
    covered = min(found.active, found.linear_active)
    lines = [
        f"{found.outputs_wrong:,} of {outputs:,} outputs are wrong on some input",
        f"inputs  all {found.inputs:,} with at most {covered} on",
        f"margin  {found.margin:.4g}: the least distance of a reading to its threshold, negative "
        "on the wrong side",
        f"right   on every input with at most {found.largest_active} on{_more(found)}",
        f"linear  no ReLU bends with at most {found.linear_active} on{_beyond(found)}",
    ]
    if found.counterexample is not None:
        state = "on, and is off," if found.must_be_on else "off, and is on,"
        names = ", ".join(found.counterexample) or "nothing"
        lines.append(f"worst   {found.output} must be {state} with {names} on")
    return [*lines, f"time    {seconds:.1f} s"]


def _more(found: WorstCase) -> str:
    return ", and perhaps more" if found.largest_active == found.linear_active else ""


def _beyond(found: WorstCase) -> str:
    if found.active <= found.linear_active:
        return ""
    return f"; with {found.active} one may, and nothing is said of those inputs"
