"""The memory that is left: of the machine, and of the control group that the process is in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Where Linux tells the memory of the machine.
_MACHINE = Path("/proc/meminfo")


@dataclass(frozen=True)
class _Group:
    """Files in which a control group tells its limit, what is used of it, and what of that caches.

    Cached files are given up when memory is short, so they count as left.
    """

    folder: Path
    limit: str
    used: str
    cached: str

    def left(self) -> int | None:
        """Return the bytes that are left; None where there is no such group, or no limit."""
        try:
            limit = int((self.folder / self.limit).read_text())
            used = int((self.folder / self.used).read_text())
            listed = (self.folder / "memory.stat").read_text().split()
            cached = dict(zip(listed[::2], listed[1::2], strict=True)).get(self.cached, "0")
            return max(0, limit - used + int(cached))
        except (OSError, ValueError):
            return None


# Control groups of version 2 and 1.
_GROUPS = (
    _Group(Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
    _Group(
        Path("/sys/fs/cgroup/memory"),
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def available_memory() -> int | None:
    """Return the bytes that this process may still take; None where the system does not tell."""
    found = [_of_machine(), *(group.left() for group in _GROUPS)]
    return min((left for left in found if left is not None), default=None)


def _of_machine() -> int | None:
    try:
        lines = _MACHINE.read_text().splitlines()
    except OSError:
        return None
    left = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(left[0]) * 1024 if left else None
