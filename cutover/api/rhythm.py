"""Jobs that are done again and again, so many seconds apart, whatever becomes of the wall clock.

APScheduler reckons in times of day: a clock that is set back would stop every job for as long as it was set back, and
one that is set forward would have each made up for, one by one. So the next time is reckoned from now and never from the
last, and a thread that waits by a clock which only passes looks for jobs that wait for longer than they may.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.job import Job as Scheduled
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from cutover import clocks

LOOK_S = 1.0
"""How often it is looked at whether jobs wait for too long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger("crossfade.controller")

type Job = tuple[Callable[[], None], float]
"""What is done again and again, and the seconds between."""


class Every(BaseTrigger):  # type: ignore[misc]  # the library is not typed
    """So many seconds from now: what was missed is not made up for."""

    def __init__(self, seconds: float) -> None:
        self.between = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """As the library asks it."""
        return now + self.between


@contextmanager
def rhythm(jobs: Sequence[Job], now_us: Callable[[], int] = clocks.now_us) -> Iterator[None]:
    """Does each job again and again while entered, each by itself; at the end it waits for those that are under way."""
    scheduler = BackgroundScheduler(timezone=UTC)
    for job, every_s in jobs:
        scheduler.add_job(
            job, Every(every_s), coalesce=True, max_instances=1, misfire_grace_time=None
        )
    # A job that takes longer than its interval is no news: the next one does the work of both.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = threading.Event()
    guard = threading.Thread(
        target=_watch, args=(scheduler, now_us, stop), name="rhythm", daemon=True
    )
    scheduler.start()
    guard.start()
    try:
        yield
    finally:
        stop.set()
        guard.join()
        scheduler.shutdown(wait=True)


def _watch(
    scheduler: BackgroundScheduler, now_us: Callable[[], int], stop: threading.Event
) -> None:
    """Has each job begin that waits for a time that is no more to come, until told to stop."""
    while not stop.wait(LOOK_S):
        now = _EPOCH + timedelta(microseconds=now_us())
        late = [one for one in scheduler.get_jobs() if waits_too_long(one, now)]
        for job in late:
            job.modify(next_run_time=now)
        if late:
            _log.warning("the clock was set back: what waited for its old time begins now")


def waits_too_long(job: Scheduled, now: datetime) -> bool:
    """Whether a job waits for longer than its interval, and what a look takes: only a clock that was set back leads there."""
    next_time: datetime | None = job.next_run_time
    between: timedelta = job.trigger.between
    return next_time is not None and next_time - now > between + timedelta(seconds=LOOK_S)
