"""Output of `polyseme prove`: JSON, or sentences; a proof, or all wrong pairs of features."""

from __future__ import annotations

import sys
from typing import Any

from polyseme.cli.output.text import emit, emit_json
from polyseme.proving.proof import Proof
from polyseme.proving.wrong_pairs import WrongPairs

# Names of outputs that a sentence lists, and wrong inputs that are named.
_MOST_NAMES = 5
_ANSWERS = {True: "proved", False: "refuted", None: "undecided"}


def emit_proof(proof: Proof, certificate: str | None, as_json: bool) -> None:
    """Write a proof on standard output."""
    if as_json:
        emit_json(_fields(proof, certificate))
    else:
        emit("\n".join(_sentences(proof, certificate)))


def _fields(proof: Proof, certificate: str | None) -> dict[str, Any]:
    return {
        "proved": proof.proved,
        "active": proof.active,
        "method": proof.method,
        # Readers of JSON need not hold whole numbers of more bits.
        "inputs": proof.inputs if proof.inputs < 2**63 else _float_of(proof.inputs),
        "wrong": proof.wrong,
        "counterexample": None if proof.counterexample is None else list(proof.counterexample),
        "wrong_outputs": list(proof.wrong_outputs),
        "undecided": list(proof.undecided),
        "largest_active": proof.largest_active,
        "reading_error": proof.reading_error,
        "seconds": round(proof.seconds, 3),
        "certificate": certificate,
    }


def _float_of(number: int) -> float | None:
    """Return a whole number as a float; None if it is beyond all floats."""
    return float(number) if number < sys.float_info.max else None


def _sentences(proof: Proof, certificate: str | None) -> list[str]:
    lines = [f"{_ANSWERS[proof.proved]}: {_claim(proof)}"]
    if proof.counterexample is not None:
        names = ", ".join(proof.counterexample) or "nothing"
        lines.append(f"input    {names} on, when run: {_named(proof.wrong_outputs)} wrong")
    if proof.wrong:
        lines.append(f"wrong    {proof.wrong:,} inputs, all counted")
    if proof.undecided:
        lines.append(f"left     undecided: {_named(proof.undecided)}")
    lines.append(f"method   {proof.method}")
    if proof.largest_active is not None:
        lines.append(f"right    on every input with at most {proof.largest_active:,} on")
    if proof.reading_error is not None:
        lines.append(f"reading  error at most {proof.reading_error:.4f} on every input")
    if certificate is not None:
        lines.append(f"written  {certificate}")
    return [*lines, f"time     {proof.seconds:.1f} s"]


def _claim(proof: Proof) -> str:
    what = "the network is its circuit on"
    if proof.active is None:
        return f"{what} all {_count(proof.inputs)} Boolean inputs"
    return f"{what} all {_count(proof.inputs)} inputs with at most {proof.active:,} on"


def _count(inputs: int) -> str:
    if inputs & (inputs - 1) == 0 and inputs >= 2**20:
        return f"2^{inputs.bit_length() - 1}"
    return f"{inputs:,}" if inputs < 10**18 else f"about 10^{len(str(inputs)) - 1}"


def _named(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return f"{shown}{more}"


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
        emit("\n".join(_sentences_of_pairs(found)))


def _sentences_of_pairs(found: WrongPairs) -> list[str]:
    about = f"all {found.inputs:,} inputs of two features and one of {', '.join(found.beside)}"
    if not found.wrong:
        return [f"proved: the network is its circuit on {about}"]
    lines = [f"refuted: the network is wrong on {found.wrong:,} of {about}"]
    lines += [f"wrong    {', '.join(names)} on" for names in found.names(_MOST_NAMES)]
    if found.wrong > _MOST_NAMES:
        lines.append(f"left     {found.wrong - _MOST_NAMES:,} more, which --json lists")
    return lines
