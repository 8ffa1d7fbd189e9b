"""BLIF evaluated line by line."""

from __future__ import annotations

import re


def interpreted(text: str, values: dict[str, int]) -> dict[str, int]:
    """The outputs of a file of .names and .latch, straight from its text for one input."""
    known = dict(values)
    covers: dict[str, tuple[list[str], list[list[str]]]] = {}
    outputs: dict[str, str] = {}
    latches: dict[str, str] = {}
    rows: list[list[str]] = []
    for line in re.sub(r"#.*", "", text).replace("\\\n", " ").splitlines():
        words = line.split()
        if words[:1] == [".names"]:
            rows = []
            covers[words[-1]] = (words[1:-1], rows)
        elif words[:1] == [".outputs"]:
            outputs |= {name: name for name in words[1:]}
        elif words[:1] == [".latch"]:
            latches[f"{words[2]}.next"] = words[1]
        elif words and not words[0].startswith("."):
            rows.append(words)

    def value(name: str) -> int:
        if name not in known:
            inputs, cover = covers[name]
            bits = [str(value(other)) for other in inputs]
            hit = any(
                all(mark in ("-", bit) for mark, bit in zip("".join(row[:-1]), bits, strict=True))
                for row in cover
            )
            # Rows of output 0 say where the signal is off.
            known[name] = int(hit) if not cover or cover[0][-1] == "1" else int(not hit)
        return known[name]

    return {name: value(read) for name, read in (outputs | latches).items()}
