"""Signals that end the process quietly, with 128 + their number, and nothing left behind.

A signal is raised as `Ended` where the program is, so that files half written are removed on the
way out. While a module is imported nothing is half written, and libraries take no exception well
then, so the process ends at once. It also ends at a second signal, and if the way out takes longer
than `GRACE` seconds, as it may inside a long computation of another library.
"""

from __future__ import annotations

import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

GRACE = 2.0
# Without a signal's name on this system, there is none to handle.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_OFFSET = 128
_ending = False


class Ended(BaseException):
    """A signal has asked the process to end.

    Args:
        number: The number of the signal.
    """

    def __init__(self, number: int) -> None:
        """Hold the number of the signal."""
        super().__init__(number)
        self.status = _OFFSET + number


def end_on_signals() -> None:
    """Raise `Ended` at every signal that asks the process to end, and is not ignored already.

    The parent ignores signals for its children where they are to outlive it, as `nohup` does.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    # Imported now: it takes as long as everything before it.
    import threading

    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=_end_after_grace, args=(read_end,), daemon=True).start()


def end_at_once() -> None:
    """End the process at the next signal without raising: all is done."""
    global _ending
    _ending = True


def _end(number: int, frame: FrameType | None) -> None:
    global _ending
    if _ending or _imports(frame):
        os._exit(_OFFSET + number)
    _ending = True
    raise Ended(number)


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _end_after_grace(read_end: int) -> None:
    """Wait for the first signal, whatever the main thread does, and then for it to end."""
    number = os.read(read_end, 1)[0]
    time.sleep(GRACE)
    os._exit(_OFFSET + number)
