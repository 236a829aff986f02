"""How much memory this process held."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_kilobytes() -> int:
    """The most memory that this process held at once."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss starts from what the parent process held
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
