"""Part 11: the most that layers of a width can compute, which the page must agree with."""

from __future__ import annotations

from typing import Any

import polyseme as ps

# Published configurations: the width of the hidden layer of every block's MLP, and the blocks.
MODELS = (
    ("GPT-2 small", 3072, 12, "https://huggingface.co/openai-community/gpt2"),
    ("GPT-2 XL", 6400, 48, "https://huggingface.co/openai-community/gpt2-xl"),
    ("Pythia 12B", 20480, 36, "https://huggingface.co/EleutherAI/pythia-12b"),
    ("Llama 2 7B", 11008, 32, "https://arxiv.org/abs/2307.09288"),
    ("GPT-3", 49152, 96, "https://arxiv.org/abs/2005.14165"),
)
WIDTH, LAYERS, ACTIVE, BITS = 3072, 12, 20, 8.0
CHECKED = ((1000, 1, 3, 1.0), (3072, 1, 20, 8.0), (3072, 12, 20, 8.0), (49152, 96, 30, 4.0))


def measure() -> dict[str, Any]:
    """Return the models, where the machine begins, and bounds that the page must agree with."""
    return {
        "models": [
            dict(zip(("name", "width", "layers", "source"), row, strict=True)) for row in MODELS
        ],
        "begin": {"width": WIDTH, "layers": LAYERS, "active": ACTIVE, "bits": BITS},
        "checked": [
            ps.bounds_of_width(width, layers=layers, active=active, bits=bits).as_json()
            for width, layers, active, bits in CHECKED
        ],
    }
