"""The clocks of a controller, in microseconds.

The wall clock says when something happened; people and machines set it. The steady clock only says
how much time passed, and a third how much of the processor was used meanwhile.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path


def now_us() -> int:
    """UTC."""
    return time.time_ns() // 1000


def steady_us() -> int:
    """Time that never jumps, and where the system tells it goes on while the machine sleeps."""
    return time.clock_gettime_ns(_STEADY) // 1000


def boot() -> str:
    """Which start of this machine `steady_us` counts from; "" where the system does not tell."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def spent_us() -> int:
    """The processor's time that this thread has had."""
    return time.thread_time_ns() // 1000


def moment(us: int) -> str:
    """Microseconds of UTC as people read them."""
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
