"""A clock that a test moves, for limits that are too long for any machine, however busy, to reach."""

import asyncio


class Clock:
    """Rings the running loop's timers of about an hour when it is moved, and no earlier.

    Shorter and longer timers stay the loop's. `set_timers` counts those that were ever set;
    `monotonic` may stand for the one of `time`, and `reads` counts its calls.
    """

    def __init__(self):
        self.now = 0.0
        self.set_timers = self.reads = 0
        self._timers = []
        loop = asyncio.get_running_loop()
        self._call_later, loop.call_later = loop.call_later, self._later

    def _later(self, delay, callback, *args, **context):
        handle = self._call_later(delay, callback, *args, **context)
        if 1000 <= delay <= 3600:
            self.set_timers += 1
            self._timers.append((self.now + delay, handle, lambda: callback(*args)))
        return handle

    def monotonic(self):
        self.reads += 1
        return self.now

    def move(self, seconds):
        """Rings what is due and was not cancelled."""
        self.now += seconds
        due = [each for each in self._timers if each[0] <= self.now]
        self._timers = [each for each in self._timers if each[0] > self.now]
        for _, handle, ring in due:
            if not handle.cancelled():
                handle.cancel()
                ring()


async def until(condition):
    """Waits for what is to come; the test's own limit ends it where it does not."""
    while not condition():
        await asyncio.sleep(0.005)
