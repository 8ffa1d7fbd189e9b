"""The entry of the process `polyseme`: streams and signals first, then everything else.

What is imported before signals are answered is little, and quickly read.
"""

from __future__ import annotations

import os

from polyseme.cli.signals import Ended, end_at_once, end_on_signals


def entry() -> int:
    """Run the command line of this process, and return its exit status."""
    take_missing_descriptors()
    try:
        end_on_signals()
        # Imported now: a signal that comes meanwhile is answered already.
        from polyseme.cli.main import main

        status = main()
        end_at_once()
        return status
    except Ended as ended:
        return ended.status


def take_missing_descriptors() -> None:
    """Open the null device in place of each standard stream that the process was started without.

    Otherwise the next file that is opened takes the number, and messages are written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
