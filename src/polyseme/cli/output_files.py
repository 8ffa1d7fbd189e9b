"""Files that commands write: `-` for standard output, and what is said of a file once written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from polyseme.cli.output.text import emit, emit_json, remark
from polyseme.common.files.targets import check_output, stream_of
from polyseme.errors import OptionError

_STANDARD_OUTPUT = 1


def checked_output(given: str, inputs: Iterable[str], as_json: bool) -> str:
    """Return the path to write to, checked before work begins; `-` is standard output.

    Raises PolysemeError if nothing can be written there, and OptionError if standard output should
    hold both the file and JSON.
    """
    path = "/dev/stdout" if given == "-" else given
    if as_json and is_standard_output(path):
        raise OptionError("--json and the file cannot both be standard output; leave --json out")
    check_output(path, inputs)
    return path


def is_standard_output(path: str) -> bool:
    """Return whether a path names standard output."""
    return stream_of(path) == _STANDARD_OUTPUT


def emit_written(path: str, fields: Mapping[str, Any], text: str, as_json: bool) -> None:
    """Write what was written, as JSON or text; beside a file that is standard output, a remark."""
    if as_json:
        emit_json(fields)
    elif is_standard_output(path):
        for line in text.splitlines():
            remark(line)
    else:
        emit(text)
