"""Output of `polyseme prove --pairs-beside`: all wrong inputs in JSON, or how many and a few."""

from __future__ import annotations

from polyseme.cli.output.text import emit, emit_json
from polyseme.proving.wrong_pairs import WrongPairs

# Wrong inputs that are named in text.
_MOST_NAMED = 5


def emit_wrong_pairs(found: WrongPairs, as_json: bool) -> None:
    """Write the wrong inputs on standard output."""
    if as_json:
        emit_json(
            {
                "beside": list(found.beside),
                "inputs": found.inputs,
                "wrong": found.wrong,
                "listed": [list(names) for names in found.names()],
            }
        )
    else:
        emit("\n".join(_sentences(found)))


def _sentences(found: WrongPairs) -> list[str]:
    about = f"all {found.inputs:,} inputs of two features and one of {', '.join(found.beside)}"
    if not found.wrong:
        return [f"proved: the network is its circuit on {about}"]
    lines = [f"refuted: the network is wrong on {found.wrong:,} of {about}"]
    lines += [f"wrong    {', '.join(names)} on" for names in found.names(_MOST_NAMED)]
    if found.wrong > _MOST_NAMED:
        lines.append(f"left     {found.wrong - _MOST_NAMED:,} more, which --json lists")
    return lines
