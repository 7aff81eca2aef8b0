"""How long somebody waits who gave the wrong password: longer with each time, and never for ever.

A user who was locked for good could be kept out by whoever knows the name.
"""

from __future__ import annotations

FREE = 4
"""Wrong ones in a row that cost nothing: people mistype."""
FIRST_S, LONGEST_S = 2, 900


def wait_s(failures: int) -> int:
    """Seconds to wait after so many wrong ones in a row: 0, then 2, 4, 8 and so on up to 15 minutes."""
    if failures <= FREE:
        return 0
    return int(min(FIRST_S << min(failures - FREE - 1, 20), LONGEST_S))


def left_s(failures: int, failed_us: int, now_us: int) -> int:
    """Seconds that are left of the wait; none where the clock was set back, for nobody knows how long ago it was."""
    if failed_us > now_us:
        return 0
    return max(0, wait_s(failures) - (now_us - failed_us) // 1_000_000)
