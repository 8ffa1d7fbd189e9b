"""Part 11: the most that layers of a width can compute, and what constructions reach in one.

The page counts by itself, and must agree with the bounds here. Constructions it cannot ask, so what
they reach by the sizes that they declare is listed for the widths and promises of its sliders.
"""

from __future__ import annotations

from typing import Any

import polyseme as ps
from polyseme.limits.reached import MOST_TRIED

# Published configurations: the width of the hidden layer of every block's MLP, and the blocks.
MODELS = (
    ("GPT-2 small", 3072, 12, "https://huggingface.co/openai-community/gpt2"),
    ("GPT-2 XL", 6400, 48, "https://huggingface.co/openai-community/gpt2-xl"),
    ("Pythia 12B", 20480, 36, "https://huggingface.co/EleutherAI/pythia-12b"),
    ("Llama 2 7B", 11008, 32, "https://arxiv.org/abs/2307.09288"),
    ("GPT-3", 49152, 96, "https://arxiv.org/abs/2005.14165"),
)
WIDTH, LAYERS, ACTIVE, BITS = 3072, 12, 3, 8.0
WIDTHS = sorted(
    {*(50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000)}
    | {width for _, width, _, _ in MODELS}
)
ACTIVES = (3, 10, 20)
CHECKED = ((1000, 1, 3, 1.0), (3072, 1, 20, 8.0), (3072, 12, 20, 8.0), (49152, 96, 30, 4.0))


def measure() -> dict[str, Any]:
    """Return the models, where the machine begins, bounds to agree with, and what is reached."""
    return {
        "models": [
            dict(zip(("name", "width", "layers", "source"), row, strict=True)) for row in MODELS
        ],
        "begin": {"width": WIDTH, "layers": LAYERS, "active": ACTIVE, "bits": BITS},
        "widths": WIDTHS,
        "most_tried": MOST_TRIED,
        "reached": {
            str(active): [declared(width, active) for width in WIDTHS] for active in ACTIVES
        },
        "checked": [
            ps.bounds_of_width(width, layers=layers, active=active, bits=bits).as_json()
            for width, layers, active, bits in CHECKED
        ],
    }


def declared(width: int, active: int) -> dict[str, int]:
    """Return the most ANDs in one layer by what it does with them, as constructions declare."""
    rows = ps.bounds_of_width(width, active=active).rows
    named = [(row.name.split(", "), row.features) for row in rows if row.kind == "declared"]
    return {manner: features for (*_, manner, _), features in named}
