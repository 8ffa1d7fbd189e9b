"""Every number of the introduction, measured: `make site-data`, or

    python site/make_data.py                 all parts, about eight minutes of processor time
    python site/make_data.py telegram sizes  these parts

A part is a file of `site/measure/` and writes `site/introduction/data/<part>.json`.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module

from measure.shared import DATA

PARTS = (
    *("dream", "airports", "frames", "plateaus", "telegram", "miniature", "sizes"),
    *("dictionary", "model"),
)


def main(parts: list[str]) -> None:
    """Measure these parts, or all."""
    for part in parts or PARTS:
        started = time.process_time()
        found = import_module(f"measure.{part}").measure()
        text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
        DATA.mkdir(parents=True, exist_ok=True)
        (DATA / f"{part}.json").write_text(f"{text}\n", encoding="utf-8")
        print(
            f"{part}: {len(text):,} bytes, {time.process_time() - started:.1f} s of processor time"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
