"""Certificates and their files tampered with, in kinds of tampering drawn from a seed."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

from check_certificate import verdict
from support.certified import KINDS, Certified, certified, resealed

Files = tuple[bytes, bytes, bytes]


def tampered(seed: int) -> tuple[str, Files]:
    """The kind of a tampering and the three files after it; none makes sense any more."""
    draw = random.Random(seed)
    made = certified(KINDS[seed % len(KINDS)])
    kind = draw.choice(list(_TAMPERINGS))
    files = _TAMPERINGS[kind](draw, made)
    # Some draws change nothing but spaces.
    return (kind, files) if _content(files) != _content(made.files) else tampered(seed + 1_000_003)


def _content(files: Files) -> tuple[object, bytes, bytes]:
    try:
        return json.loads(files[0]), *files[1:]
    except ValueError:
        return files


def is_accepted(files: Files) -> bool:
    return verdict(*files)[0] in (0, 3)


def _network_byte(draw: random.Random, made: Certified) -> Files:
    return made.certificate, _changed(draw, made.network), made.circuit


def _circuit_byte(draw: random.Random, made: Certified) -> Files:
    return made.certificate, made.network, _changed(draw, made.circuit)


def _certificate_character(draw: random.Random, made: Certified) -> Files:
    """Another character in the place of one that counts: spaces between entries do not."""
    text = bytearray(made.certificate)
    places = [place for place, byte in enumerate(text) if byte not in b" \n"]
    text[draw.choice(places)] = draw.choice(b'0123456789abcdefxyz{}[]:,"truenl-.')
    return bytes(text), made.network, made.circuit


def _truncated(draw: random.Random, made: Certified) -> Files:
    files = list(made.files)
    which = draw.randrange(3)
    # The line feed at the end of a certificate does not count.
    files[which] = files[which][: draw.randrange(len(files[which]) - 1)]
    return files[0], files[1], files[2]


def _swapped(draw: random.Random, made: Certified) -> Files:
    other = certified(draw.choice(KINDS))
    files = list(made.files)
    which = draw.randrange(3)
    files[which] = other.files[which]
    if draw.random() < 0.2:
        files = [made.certificate, made.circuit, made.network]
    return files[0], files[1], files[2]


def _forged_claim(draw: random.Random, made: Certified) -> Files:
    """A claim that is more than was shown, or another, with the certificate's own hash right."""
    found = json.loads(made.certificate)
    claim = found["claim"]
    which = draw.choice(["proved", "active", "inputs", "outputs", "largest_active", "wrong"])
    if which == "proved":
        claim["proved"] = draw.choice([one for one in (True, False, None) if one != claim[which]])
    elif which == "active":
        claim[which] = draw.choice([0, 1, 3, 4, 5, -1] if claim[which] else [1, 2, 3])
    elif which == "largest_active":
        _more(draw, claim, found)
    else:
        claim[which] = draw.choice([-1, 1, 7]) + (claim[which] or 1)
    return resealed(found), made.network, made.circuit


def _more(draw: random.Random, claim: dict[str, Any], found: dict[str, Any]) -> None:
    if claim["largest_active"] is None:
        claim["proved"] = not claim["proved"]
    else:
        claim["largest_active"] += draw.randrange(1, 4)
        if found["counterexample"] and draw.random() < 0.5:
            found["counterexample"], claim["proved"] = None, True


def _forged_evidence(draw: random.Random, made: Certified) -> Files:
    found = json.loads(made.certificate)
    evidence = found["evidence"]
    which = draw.choice(sorted(evidence)) if evidence else "method"
    if which == "largest_sum":
        evidence[which] += draw.choice([-5, -1, 1, 9])
    elif which == "failures":
        evidence[which] = [draw.choice([["x0"], ["x1", "x2"], ["none"]])]
    elif which == "method" or not evidence[which]:
        found["method"] = draw.choice(["linear", "exhaustive", "trust me"])
    else:
        sign = -1 if which == "highest_off" else 1
        evidence[which]["reading"] += sign * draw.randrange(1, 50)
    return resealed(found), made.network, made.circuit


def _forged_counterexample(draw: random.Random, made: Certified) -> Files:
    """An input that is right is said to be wrong."""
    found = json.loads(made.certificate)
    circuit = json.loads(made.circuit)
    outputs = [output["name"] for output in circuit["outputs"]]
    features = circuit["features"]
    names = features if isinstance(features, list) else [f"x{i}" for i in range(features["count"])]
    found["counterexample"] = {
        "on": [draw.choice(names)],
        "output": draw.choice(outputs),
        "must_be_on": draw.random() < 0.5,
    }
    found["claim"]["proved"] = False
    return resealed(found), made.network, made.circuit


def _forged_hash(draw: random.Random, made: Certified) -> Files:
    found = json.loads(made.certificate)
    found[draw.choice(["network", "circuit"])]["sha256"] = hashlib.sha256(b"other").hexdigest()
    return resealed(found), made.network, made.circuit


def _forged_circuit(draw: random.Random, made: Certified) -> Files:
    """A gate of the circuit reads other wires, and the certificate names the circuit's new hash."""
    found, circuit = json.loads(made.certificate), json.loads(made.circuit)
    outputs = [output for output in circuit["outputs"] if output["wire"] is not None]
    output = draw.choice(outputs)
    output["inverted"] = not output.get("inverted", False)
    data = json.dumps(circuit).encode()
    found["circuit"]["sha256"] = hashlib.sha256(data).hexdigest()
    return resealed(found), made.network, data


_TAMPERINGS: dict[str, Callable[[random.Random, Certified], Files]] = {
    "network byte": _network_byte,
    "circuit byte": _circuit_byte,
    "certificate character": _certificate_character,
    "truncated": _truncated,
    "swapped": _swapped,
    "forged claim": _forged_claim,
    "forged evidence": _forged_evidence,
    "forged counterexample": _forged_counterexample,
    "forged hash": _forged_hash,
    "forged circuit": _forged_circuit,
}


def _changed(draw: random.Random, data: bytes) -> bytes:
    place, byte = draw.randrange(len(data)), draw.randrange(1, 256)
    return data[:place] + bytes([data[place] ^ byte]) + data[place + 1 :]
