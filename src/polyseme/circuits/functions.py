"""Circuits of Python functions: the function runs once, on bits that record what becomes of them.

The names of the features are those of the parameters, and the names of the outputs those of what
the function returns. A gate is called like the local variable that holds it when the function
returns.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from types import FrameType
from typing import Any

from polyseme.circuits.bits import Bit, Recording, literal_of
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.flattening import flatten
from polyseme.circuits.logic.normalise import normalise
from polyseme.circuits.names import check_name
from polyseme.common.arguments import instance, shown_value, whole_number
from polyseme.errors import OptionError

MAX_BITS = 10**6
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def circuit(
    function: Callable[..., Any],
    *,
    widths: Mapping[str, int] | None = None,
    name: str | None = None,
) -> Circuit:
    """Return the circuit of a Python function of bits.

    The function is called once. Its parameters are bits, which it combines with `&`, `|`, `^`, `~`,
    `polyseme.all_of`, `any_of` and `at_least`; loops and calls of other functions are as always.
    A gate is named like the local variable that holds it when the function returns, or like
    `bit.named("name")` says.

    Args:
        function: A function of named parameters. It returns a bit (an output named "y"), a
            dictionary or dataclass or named tuple of bits (named by its keys or fields), or a list
            or tuple of bits ("y0", "y1", ...). A list of bits in one of these is numbered.
        widths: For each parameter that is a list of bits, their number: with {"a": 4}, the
            parameter `a` is a list of the features "a0" to "a3".
        name: Name of the circuit; that of the function by default.

    Returns:
        The circuit; every wire of it rests at zero.

    Raises:
        OptionError: `function` is no function of that kind, uses a bit as True or False, or
            returns something else than bits.
        SourceError: A name breaks a rule, or the function has no parameter.

    Example:
        >>> import polyseme as ps
        >>> def full_adder(a, b, carry_in):
        ...     half = a ^ b
        ...     return {"sum": half ^ carry_in, "carry": a & b | half & carry_in}
        >>> adder = ps.circuit(full_adder)
        >>> list(adder.features), list(adder.output_names)
        (['a', 'b', 'carry_in'], ['sum', 'carry'])
        >>> adder.gate_names[0]
        'half'
    """
    if not callable(function):
        raise OptionError(f"function is {shown_value(function)}; it must be a function of bits")
    called = _name_of(function) if name is None else name
    check_name(called, "circuit ")
    parameters = _parameters(function, {} if widths is None else widths)
    recording = Recording([bit for bits in parameters.values() for bit in bits[0]])
    unused = iter(recording.bits())
    arguments = {}
    for parameter, (names, single) in parameters.items():
        bits = [next(unused) for _ in names]
        arguments[parameter] = bits[0] if single else bits
    returned, variables = _run(function, arguments)
    outputs = _outputs(recording, returned)
    _name_gates(recording, outputs, variables)
    return normalise(flatten(recording.netlist(outputs, called)))


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else "function"


def _parameters(
    function: Callable[..., Any], widths: Mapping[str, int]
) -> dict[str, tuple[list[str], bool]]:
    """Return the names of the bits of every parameter, and whether it is a single bit."""
    instance("widths", widths, Mapping, "a mapping of parameters to numbers of bits")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise OptionError(
            f"function is {shown_value(function)}; its parameters cannot be told"
        ) from None
    made: dict[str, tuple[list[str], bool]] = {}
    for parameter in signature.parameters.values():
        if parameter.kind not in (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY):
            raise OptionError(
                f"parameter {str(parameter)!r} names no bits; give a list of bits a parameter of "
                "its own, and its number of bits in widths"
            )
        if parameter.name in widths:
            width = whole_number(f"widths[{parameter.name!r}]", widths[parameter.name], 1, MAX_BITS)
            made[parameter.name] = ([f"{parameter.name}{bit}" for bit in range(width)], False)
        elif parameter.default is inspect.Parameter.empty:
            made[parameter.name] = ([parameter.name], True)
    for given in widths:
        if given not in signature.parameters:
            raise OptionError(f"widths names {given!r}, which is no parameter of the function")
    return made


def _run(
    function: Callable[..., Any], arguments: dict[str, Any]
) -> tuple[Any, Mapping[str, object]]:
    """Return what a function returns, and its local variables at that moment."""
    code = getattr(function, "__code__", None)
    found: dict[str, object] = {}

    def watch(frame: FrameType, event: str, value: object) -> None:
        if event == "return" and frame.f_code is code:
            found.clear()
            found.update(frame.f_locals)

    signature = inspect.signature(function)
    positional = [
        arguments[parameter.name]
        for parameter in signature.parameters.values()
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and parameter.name in arguments
    ]
    named = {
        name: value
        for name, value in arguments.items()
        if signature.parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        returned = function(*positional, **named)
    finally:
        sys.setprofile(before)
    return returned, found


def _outputs(recording: Recording, returned: object) -> dict[str, int]:
    """Return the literal of every output by name."""
    if isinstance(returned, Bit | bool | int):
        parts: dict[object, object] = {"y": returned}
    elif isinstance(returned, Mapping):
        parts = dict(returned)
    elif is_dataclass(returned) and not isinstance(returned, type):
        parts = {field.name: getattr(returned, field.name) for field in fields(returned)}
    elif isinstance(returned, tuple) and hasattr(returned, "_fields"):
        parts = dict(zip(returned._fields, returned, strict=True))
    elif isinstance(returned, list | tuple):
        parts = {"y": returned}
    else:
        raise OptionError(
            f"the function returns {shown_value(returned)}; it must return a bit, or a dictionary, "
            "dataclass, tuple or list of bits"
        )
    outputs: dict[str, int] = {}
    for name, value in parts.items():
        if not isinstance(name, str):
            raise OptionError(f"the function names an output {shown_value(name)}; it must be text")
        several = value if isinstance(value, list | tuple) else None
        named = {name: value} if several is None else _numbered(name, several)
        for one, bit in named.items():
            if one in outputs:
                raise OptionError(f"the function returns two outputs named {one[:40]!r}")
            outputs[one] = literal_of(recording, bit, f"output {one[:40]!r} of the function")
    if not outputs:
        raise OptionError("the function returns no bit; it must return at least one")
    return outputs


def _numbered(name: str, values: list[object] | tuple[object, ...]) -> dict[str, object]:
    return {f"{name}{place}": value for place, value in enumerate(values)}


def _name_gates(
    recording: Recording, outputs: dict[str, int], variables: Mapping[str, object]
) -> None:
    """Name gates like outputs, and then like the local variables that hold them."""
    named = dict(outputs)
    for name, value in variables.items():
        several = isinstance(value, list | tuple)
        for one, bit in (_numbered(name, value) if several else {name: value}).items():  # type: ignore[arg-type]
            if isinstance(bit, Bit) and bit.recording is recording:
                named.setdefault(one, bit.literal)
    for name, literal in named.items():
        if not recording.named_differently(literal, name):
            recording.name(literal, name)
