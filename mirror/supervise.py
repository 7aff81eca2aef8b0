"""Keeps child processes running: restarts with back-off, an orderly stop, and no orphans.

A child that ends is started again, because clients must be answered whatever went wrong beside
them. A child that ends with `MISCONFIGURED` has said why on stderr; trying again at once would
only say it again, so it waits the longest delay. Children notice the death of their supervisor by
the end of a pipe, which works for SIGKILL too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

MISCONFIGURED = 2
"""Exit code of a child that cannot run as configured: a port in use, weights that do not match."""

OURS = ("-P", "-m", "cutover.cli")
"""What follows the interpreter in a command of ours. `-P`: who may write where we were started brings us no module."""

PARENT_PIPE = "CROSSFADE_PARENT_PIPE"
LONGEST_DELAY_S = 30.0
STEADY_S = 60.0
"""A child that ran this long starts its back-off anew."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running. `argv` follows the Python interpreter."""

    name: str
    argv: tuple[str, ...]


def restart_delay(failures: int, code: int) -> float:
    """Seconds to wait before the next start, after `failures` ends in a row, the last with `code`."""
    if code == MISCONFIGURED:
        return LONGEST_DELAY_S
    return float(min(0.25 * 2.0 ** min(failures - 1, 10), LONGEST_DELAY_S))


@dataclass(slots=True)
class _Post:
    """A child's place: the running process, how often it failed, and when it may start again."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None
    started_s: float = 0.0
    failures: int = 0
    start_at_s: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs children until told to stop. With `logs` each child's output goes to a file there."""

    children: tuple[Child, ...]
    logs: Path | None = None
    say: Callable[[str], None] = lambda line: None
    grace_s: float = 35.0
    _posts: list[_Post] = field(init=False)
    _pipe: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Opens the pipe whose end tells the children that this process is gone."""
        self._posts = [_Post(child) for child in self.children]
        self._pipe = os.pipe()
        os.set_inheritable(self._pipe[0], True)

    def run(self, stop: threading.Event) -> None:
        """Keeps the children running until `stop` is set, then ends them in reverse order."""
        try:
            while not stop.is_set():
                now_s = time.monotonic()
                for post in self._posts:
                    self._look_after(post, now_s)
                stop.wait(0.1)
        finally:
            self._end_all()

    def pid(self, name: str) -> int | None:
        """The process id of a running child."""
        for post in self._posts:
            if (
                post.child.name == name
                and post.process is not None
                and post.process.poll() is None
            ):
                return post.process.pid
        return None

    def _look_after(self, post: _Post, now_s: float) -> None:
        if post.process is not None:
            code = post.process.poll()
            if code is None:
                return
            self._note_end(post, code, now_s)
        if now_s >= post.start_at_s:
            self._start(post, now_s)

    def _note_end(self, post: _Post, code: int, now_s: float) -> None:
        why = f": {self._last_words(post)}" if code == MISCONFIGURED else ""
        post.failures = 1 if now_s - post.started_s >= STEADY_S else post.failures + 1
        delay_s = restart_delay(post.failures, code)
        post.start_at_s = now_s + delay_s
        post.process = None
        ended = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self.say(f"{post.child.name} ended ({ended}){why}; starting it again in {delay_s:g} s")

    def _last_words(self, post: _Post) -> str:
        """What a child said last, where its output goes to a file that nobody may be reading."""
        if self.logs is None:
            return "it said why above"
        with (self.logs / f"{post.child.name}.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            lines = log.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def _start(self, post: _Post, now_s: float) -> None:
        if self.logs is not None and post.log is None:
            post.log = (self.logs / f"{post.child.name}.log").open("ab")
        post.process = subprocess.Popen(  # noqa: S603 our own interpreter, our own arguments
            [sys.executable, *post.child.argv],
            env={**os.environ, PARENT_PIPE: str(self._pipe[0])},
            pass_fds=(self._pipe[0],),
            stdin=subprocess.DEVNULL,
            stdout=post.log,
            stderr=post.log,
            # A terminal's Ctrl-C reaches the supervisor alone, which then ends the children in order.
            start_new_session=True,
        )
        post.started_s = now_s

    def _end_all(self) -> None:
        running = [post.process for post in reversed(self._posts) if post.process is not None]
        for process in running:
            process.terminate()
        deadline_s = time.monotonic() + self.grace_s
        for process in running:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for post in self._posts:
            if post.log is not None:
                post.log.close()
        os.close(self._pipe[0])
        os.close(self._pipe[1])


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event set by SIGTERM or SIGINT, which `end_with_parent` sends too.

    The former handlers come back at the end. Only the main thread may enter.
    """
    stop = threading.Event()
    former = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Sends SIGTERM to this process when its supervisor is gone; does nothing without a supervisor."""
    number = os.environ.get(PARENT_PIPE)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)  # returns only at the end of the pipe: nobody writes to it
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="follow-parent", daemon=True).start()
