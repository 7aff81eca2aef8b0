"""How long somebody waits who gave the wrong password: longer with each time, and never for ever.

Who knows a name could keep its user out with wrong ones, so those of one address wait by themselves.
All addresses together have a bound far above that of one: only who has many of them can reach it.
"""

from __future__ import annotations

FREE = 4
"""Wrong ones in a row that cost nothing: people mistype."""
FIRST_S, LONGEST_S = 2, 900

MANY, FORGIVEN_S = 100, 60
"""Wrong ones for a name wherever they came from, and how often one of them is forgiven."""


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


def forgiven(failures: int, since_us: int, now_us: int) -> tuple[int, int]:
    """What is left of those for a name wherever they came from, and since when the next is on its way to be forgiven."""
    times = (now_us - since_us) // (FORGIVEN_S * 1_000_000)
    if times < 0 or times >= failures:  # a clock that was set back begins anew
        return (failures if times < 0 else 0), now_us
    return failures - times, since_us + times * FORGIVEN_S * 1_000_000


def all_left_s(failures: int, since_us: int, now_us: int) -> int:
    """Seconds until a name may be tried again from anywhere, by what `forgiven` gave."""
    if failures < MANY:
        return 0
    return FORGIVEN_S - (now_us - since_us) // 1_000_000
