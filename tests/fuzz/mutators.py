"""Ways to spoil the files of a network and its key, each drawn from a random generator."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from fuzz.originals import Pair, originals
from support.saved_files import (
    TYPES,
    file_of,
    metadata_of,
    packed,
    parts_of,
    sealed,
    sealed_pair,
    tensors_of,
    with_metadata,
)

SPECIAL = ("fifo", "directory", "loop", "dangling", "zero", "socket", "sparse", "absent")
# What taking a spoilt file apart may raise.
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
_NUMBERS = (-(2**63), -1, 0, 1, 2, 255, 2**15, 2**24, 2**31 - 1, 2**31, 2**53, 2**62, 2**64)


def _one(draw: Random, pair: Pair, change: Callable[[Random, bytes], bytes]) -> Pair:
    """Change one of the two files, the network or the key."""
    which = draw.choice(("network", "key"))
    return replace(pair, **{which: change(draw, getattr(pair, which))})


def bits(draw: Random, content: bytes) -> bytes:
    """Flip one to four bits, half of the time in the header."""
    spoilt = bytearray(content)
    head = 8 + int.from_bytes(content[:8], "little")
    for _ in range(draw.choice((1, 1, 2, 4))):
        place = draw.randrange(head if draw.random() < 0.5 else len(content))
        spoilt[place] ^= 1 << draw.randrange(8)
    return bytes(spoilt)


def truncated(draw: Random, content: bytes) -> bytes:
    """Cut the file, or leave a piece out, or put one in twice."""
    begin, end = sorted((draw.randrange(len(content) + 1), draw.randrange(len(content) + 1)))
    return draw.choice(
        (content[:begin], content[:begin] + content[end:], content + content[begin:])
    )


def lying_header(draw: Random, content: bytes) -> bytes:
    """Say another type, shape or place of a tensor, or another length of the header."""
    header, body = parts_of(content)
    if draw.random() < 0.1:
        return draw.choice(_NUMBERS).to_bytes(9, "little", signed=True)[:8] + content[8:]
    name = draw.choice([name for name in header if name != "__metadata__"])
    entry = header[name]
    what = draw.choice(("dtype", "shape", "data_offsets", "name", "gone", "twice"))
    if what == "dtype":
        entry["dtype"] = draw.choice((*TYPES, "BF16", "BOOL", "", None))
    elif what == "shape":
        entry["shape"] = draw.choice(
            (
                [*entry["shape"], 1],
                entry["shape"][::-1],
                [draw.choice(_NUMBERS) for _ in entry["shape"]],
                [0, 2**62],
                None,
            )
        )
    elif what == "data_offsets":
        entry["data_offsets"] = [draw.choice(_NUMBERS), entry["data_offsets"][1]]
    elif what == "name":
        header[name + "x"] = header.pop(name)
    elif what == "gone":
        del header[name]
    else:
        header[name] = header[draw.choice([name for name in header if name != "__metadata__"])]
    return file_of(header, body)


def lying_metadata(draw: Random, content: bytes) -> bytes:
    """Change a value of the metadata, add one, or take one away."""
    header, body = parts_of(content)
    metadata = metadata_of(header)
    inner = [each for each in metadata.values() if isinstance(each, dict)]
    inner += list(metadata.get("layers", []))
    target = draw.choice([metadata, *inner])
    name = draw.choice(sorted(target))
    value = target[name]
    wrong: tuple[Any, ...] = (None, True, "", [], {}, 0.5, draw.choice(_NUMBERS), "x" * 70)
    if isinstance(value, list) and value:
        target[name] = draw.choice(
            (value[1:], value[::-1], [*value, value[0]], [draw.choice(wrong)])
        )
    elif isinstance(value, int) and draw.random() < 0.6:
        target[name] = value + draw.choice((-1, 1, 2, 1000))
    elif draw.random() < 0.1:
        del target[name]
    else:
        target[name] = draw.choice(wrong)
    return file_of(with_metadata(header, json.dumps(metadata)), body)


def numbers(draw: Random, content: bytes) -> bytes:
    """Change numbers of a tensor, within their range or out of it, or roll a tensor by one."""
    header, body = parts_of(content)
    tensors = tensors_of(header, body)
    name = draw.choice([name for name in sorted(tensors) if tensors[name].size])
    tensor = tensors[name]
    flat = tensor.reshape(-1)
    how = draw.choice(("roll", "set", "set", "near", "negate", "shuffle"))
    place = draw.randrange(flat.size)
    if how == "roll":
        flat[:] = np.roll(flat, 1)
    elif how == "negate":
        # Arrays wrap around silently; single numbers warn.
        one = flat[place : place + 1]
        one[:] = 1 - one if tensor.dtype.kind == "u" else -one
    elif how == "shuffle":
        flat[:] = flat[draw.sample(range(flat.size), flat.size)]
    elif tensor.dtype.kind == "f":
        flat[place] = draw.choice((np.inf, -np.inf, np.nan, 0, 1e38, flat[place] + 1))
    elif how == "near":
        with np.errstate(over="ignore"):
            flat[place] += (
                draw.choice((1, 2, 3)) if tensor.dtype.kind == "u" else draw.choice((-1, 1))
            )
    else:
        limits = np.iinfo(tensor.dtype)
        flat[place] = max(limits.min, min(limits.max, draw.choice(_NUMBERS)))
    return packed(tensors, json.dumps(metadata_of(header)))


def contradicting_key(draw: Random, pair: Pair) -> Pair:
    """Change a number of the key alone: units, wires, inversion, the circuit, reads."""
    return replace(pair, key=numbers(draw, pair.key))


def swapped(draw: Random, pair: Pair) -> Pair:
    """Put the key, the network, a tensor or the metadata of another original in."""
    other = draw.choice(list(originals().values())).pair
    how = draw.choice(("key", "network", "both", "tensor", "metadata"))
    if how == "key":
        return replace(pair, key=other.key)
    if how == "network":
        return replace(pair, network=other.network)
    if how == "both":
        return Pair(pair.key, pair.network)
    which = draw.choice(("network", "key"))
    header, body = parts_of(getattr(pair, which))
    other_header, other_body = parts_of(getattr(other, which))
    if how == "metadata":
        content = file_of({**header, "__metadata__": other_header["__metadata__"]}, body)
        return replace(pair, **{which: content})
    tensors, others = tensors_of(header, body), tensors_of(other_header, other_body)
    name = draw.choice(sorted(others))
    tensors[name] = others[name]
    return replace(pair, **{which: packed(tensors, json.dumps(metadata_of(header)))})


def special(draw: Random, pair: Pair) -> Pair:
    """Put something at a path that is no regular file of some bytes."""
    return replace(pair, **{draw.choice(("network", "key")): draw.choice(SPECIAL)})


MUTATORS: dict[str, Callable[[Random, Pair], Pair]] = {
    "bits": lambda draw, pair: _one(draw, pair, bits),
    "truncated": lambda draw, pair: _one(draw, pair, truncated),
    "lying header": lambda draw, pair: _one(draw, pair, lying_header),
    "lying metadata": lambda draw, pair: _one(draw, pair, lying_metadata),
    "numbers": lambda draw, pair: _one(draw, pair, numbers),
    "contradicting key": contradicting_key,
    "swapped": swapped,
    "special": special,
}
# Special files take system calls and say little; they come less often.
_WEIGHTS = (4, 2, 4, 4, 6, 6, 3, 1)


def mutant(draw: Random) -> tuple[str, str, Pair]:
    """Return the names of an original and of a mutator, and what becomes of the original's files.

    One in five is mutated twice.
    """
    name = draw.choice(list(originals()))
    (how,) = draw.choices(list(MUTATORS), _WEIGHTS)
    pair = MUTATORS[how](draw, originals()[name].pair)
    if draw.random() < 0.2 and how != "special":
        with suppress(*_BROKEN):
            pair = MUTATORS["numbers"](draw, pair)
    return name, how, pair


def each_sealed(pair: Pair) -> Pair:
    """Return files whose own digests are right again; what each says of the other stays."""
    if not (isinstance(pair.network, bytes) and isinstance(pair.key, bytes)):
        return pair
    return Pair(sealed(pair.network), sealed(pair.key))


def signed_anew(pair: Pair) -> Pair:
    """Return files whose digests are right again, as an author of bad intent would make them."""
    if not (isinstance(pair.network, bytes) and isinstance(pair.key, bytes)):
        return pair
    return Pair(*sealed_pair(pair.network, pair.key))
