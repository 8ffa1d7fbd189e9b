"""The entry of the process `polyseme`: streams and signals first, then everything else."""

from __future__ import annotations

from polyseme.cli.signals import Ended, end_at_once, end_on_signals
from polyseme.cli.streams import take_missing_descriptors


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
