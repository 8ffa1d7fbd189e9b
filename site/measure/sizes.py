"""Parts 8 and 12: sizes of networks that were built, from the results of the benchmarks."""

from __future__ import annotations

from typing import Any

from .shared import results


def measure() -> dict[str, Any]:
    """Return gates and neurons by method, each network tried on samples."""
    found = results("adler_shavit")["found"]
    rows = {
        name: [
            {key: row[key] for key in ("gates", "neurons", "wrong", "samples")}
            for row in found[name]
        ]
        for name in ("adler-shavit", "tight-frames")
    }
    computed = [
        {
            "gates": int(row["problem"].split("gates=")[1]),
            "neurons": row["neurons"],
            "wrong": row["wrong"],
            "epsilon": max(row["kinds"].values()),
        }
        for row in results("reading_error")["frontier"]
        if row["problem"].startswith("and2:")
        and row["epsilon"] == 0.25
        and row["construction"] == "least-noise"
        and not row["passes"]
    ]
    million = [
        {key: row[key] for key in ("gates", "neurons", "wrong", "samples")}
        for row in results("scale")["built"]
    ]
    return {
        "thresholded": sorted(
            {row["gates"]: row for row in [*rows["tight-frames"], *million]}.values(),
            key=lambda row: row["gates"],
        ),
        "adler_shavit": rows["adler-shavit"],
        "computed": sorted(computed, key=lambda row: row["gates"]),
        "active": 3,
    }
