"""Formulas drawn at random, with a slow evaluator and the ways to write them down."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

import polyseme as ps

NAMES = ("a", "b", "c", "d")
Formula = tuple[Any, ...]

_LEAVES = st.one_of(
    st.sampled_from(NAMES).map(lambda name: ("name", name)),
    st.sampled_from((0, 1)).map(lambda value: ("constant", value)),
)


def _deeper(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.one_of(
        st.tuples(st.just("~"), inner),
        st.tuples(st.sampled_from("&|^"), inner, inner),
        st.tuples(st.just("?"), inner, inner, inner),
        st.tuples(st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=4)),
        st.tuples(st.just("at_least"), st.lists(inner, min_size=1, max_size=4), st.integers(0, 5)),
    )


FORMULAS = st.recursive(_LEAVES, _deeper, max_leaves=15)
# What expressions have, and what Verilog has.
EXPRESSIONS = FORMULAS.filter(lambda formula: not _uses(formula, ("?",)))
PLAIN = FORMULAS.filter(lambda formula: not _uses(formula, ("all", "any", "at_least")))


def _uses(formula: Formula, kinds: tuple[str, ...]) -> bool:
    head, *rest = formula
    inner = [one for part in rest for one in (part if isinstance(part, list) else [part])]
    return head in kinds or any(_uses(one, kinds) for one in inner if isinstance(one, tuple))


def value_of(formula: Formula, values: dict[str, int]) -> int:
    """The value of a formula, 0 or 1."""
    head = formula[0]
    if head == "name":
        return values[formula[1]]
    if head == "constant":
        return int(formula[1])
    if head == "~":
        return 1 - value_of(formula[1], values)
    if head == "?":
        return value_of(formula[2 if value_of(formula[1], values) else 3], values)
    if head in ("all", "any", "at_least"):
        found = [value_of(one, values) for one in formula[1]]
        least = {"all": len(found), "any": 1}.get(head, formula[-1])
        return int(sum(found) >= least)
    one, other = (value_of(part, values) for part in formula[1:])
    return {"&": one & other, "|": one | other, "^": one ^ other}[head]


def on_bits(formula: Formula, bits: dict[str, Any]) -> Any:
    """The formula computed on bits by the operators of Python."""
    head = formula[0]
    if head == "name":
        return bits[formula[1]]
    if head == "constant":
        return bool(formula[1])
    if head in ("all", "any"):
        combine = ps.all_of if head == "all" else ps.any_of
        return combine(*(on_bits(one, bits) for one in formula[1]))
    if head == "at_least":
        return ps.at_least(formula[2], [on_bits(one, bits) for one in formula[1]])
    parts = [on_bits(one, bits) for one in formula[1:]]
    if head == "~":
        return parts[0] ^ True
    if head == "?":
        chooser, one, other = parts
        return (chooser & one) | ((chooser ^ True) & other)
    one, other = parts
    return {"&": lambda: one & other, "|": lambda: one | other, "^": lambda: one ^ other}[head]()


def text_of(formula: Formula, constants: tuple[str, str] = ("0", "1")) -> str:
    """The formula as text; parentheses stand only where operators would bind otherwise."""
    return _text(formula, constants)[0]


_BINDS = {"?": 1, "|": 2, "^": 3, "&": 4, "~": 5}


def _text(formula: Formula, constants: tuple[str, str]) -> tuple[str, int]:
    head = formula[0]
    if head == "name":
        return formula[1], 9
    if head == "constant":
        return constants[formula[1]], 9
    if head in ("all", "any", "at_least"):
        inner = [_text(one, constants)[0] for one in formula[1]]
        return f"{head}({', '.join([*map(str, formula[2:]), *inner])})", 9
    bind = _BINDS[head]
    parts = [_text(one, constants) for one in formula[1:]]
    if head == "~":
        return f"~{_closed(parts[0], bind)}", bind
    if head == "?":
        first, second, third = parts
        return f"{_closed(first, 2)} ? {second[0]} : {_closed(third, 1)}", bind
    # The left one of two equal operators needs no parentheses.
    return f"{_closed(parts[0], bind)} {head} {_closed(parts[1], bind + 1)}", bind


def _closed(part: tuple[str, int], least: int) -> str:
    return part[0] if part[1] >= least else f"({part[0]})"
