"""Standard streams that may be closed, full, or without a reader.

What fails is kept, not raised: a broken stream costs what was to go there and nothing else. Results
go to standard output alone, and only its failure changes an exit status.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class GuardedStream:
    """Text stream that keeps its first failure and drops what is written after it.

    Attributes:
        failure: What went wrong, in the words of the system; None so far.
        reader_gone: True if the failure is that nobody reads the pipe any more.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """Guard a stream; None is one that the process was started without."""
        self._stream = stream
        self.failure = "it is closed" if stream is None else None
        self.reader_gone = False
        if isinstance(stream, io.TextIOWrapper):
            # Names that the encoding lacks are printed escaped.
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        """Write text, unless the stream has failed, and return its length."""
        if self._stream is not None and self.failure is None:
            with self._kept():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what is buffered, unless the stream has failed."""
        if self._stream is not None and self.failure is None:
            with self._kept():
                self._stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        """Return what else is asked of a stream, its encoding for one."""
        if self._stream is None and name == "encoding":
            return "utf-8"
        return getattr(self._stream, name)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error.strerror or str(error)
            self.reader_gone = isinstance(error, BrokenPipeError)
            self._empty()
        except ValueError as error:
            if self._stream is None or not self._stream.closed:
                raise
            self.failure = str(error)

    def _empty(self) -> None:
        """Let what is buffered go nowhere: it would fail again when the interpreter ends."""
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, cast(TextIO, self._stream).fileno())
            os.close(null)


@contextmanager
def guarded_streams() -> Iterator[GuardedStream]:
    """Guard standard output, which is yielded, and standard error while this is entered."""
    before = sys.stdout, sys.stderr
    out, err = GuardedStream(sys.stdout), GuardedStream(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before
