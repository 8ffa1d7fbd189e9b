"""Parts 8 and 12: sizes of networks that were built, from the results of the benchmarks."""

from __future__ import annotations

from typing import Any

from .shared import results

ACTIVE, ERROR = 3, 1e-3


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
    found_here = [
        {"gates": row["gates"], **{name: row[name] for name in ("neurons", "wrong", "samples")}}
        for row in results("headline")["sizings"]
        if row["problem"] == f"and2:features={row['gates']},gates={row['gates']}"
        and row["active"] == ACTIVE
    ]
    larger = [
        {key: row[key] for key in ("gates", "neurons", "wrong", "samples")}
        for row in results("scale")["built"]
        if row["wrong"] <= ERROR * row["samples"]
    ]
    return {
        "thresholded": smallest([*rows["tight-frames"], *found_here, *larger]),
        "adler_shavit": rows["adler-shavit"],
        "computed": sorted(computed, key=lambda row: row["gates"]),
        "active": ACTIVE,
        "error": ERROR,
    }


def smallest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the row of fewest neurons for every number of gates, rising."""
    best = {row["gates"]: row for row in sorted(rows, key=lambda row: -row["neurons"])}
    return [best[gates] for gates in sorted(best)]
