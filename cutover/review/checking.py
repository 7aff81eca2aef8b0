"""The check of a whole event log in a process of its own, behind everything else that the machine has to do."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, Self

from cutover.exports.making import Ended, Process

LEAST = 19
"""The niceness of who waits for everybody (setpriority(2)); the disk's scheduler follows it."""
MOST_BYTES = 64 << 20
"""What it says at most: a line for each log, of which there may be thousands."""


class Checking(Protocol):
    """A check that is being made."""

    def ended(self) -> Ended | None:
        """How it ended; None while it goes on. The same again however often it is asked."""

    def told(self) -> dict[str, Any]:
        """What it found, once it has ended. Raises ValueError where it said nothing that can be read."""

    def stop(self) -> None:
        """Ends it, and waits until it has ended."""


@dataclass(slots=True)
class Fsck:
    """`crossfade fsck --json` as a child. It ends with this process, however this one dies."""

    process: Process
    said: IO[bytes]

    @classmethod
    def begin(cls, data: Path, *, payloads: bool) -> Self:
        """Starts it. Raises OSError."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 kept until it was read
        more = ["--payloads"] if payloads else []
        try:
            process = Process.of(["fsck", "--json", "--data", str(data), *more], said)
        except OSError:
            said.close()
            raise
        with contextlib.suppress(
            OSError
        ):  # it may have ended, and a slower machine is no fault
            os.setpriority(os.PRIO_PROCESS, process.child.pid, LEAST)
        return cls(process, said)

    def ended(self) -> Ended | None:
        """As `Checking` has it."""
        return self.process.ended()

    def told(self) -> dict[str, Any]:
        """As `Checking` has it."""
        self.said.seek(0)
        found = json.loads(self.said.read(MOST_BYTES))
        if not isinstance(found, dict):
            raise ValueError("what it said is no object")
        return found

    def stop(self) -> None:
        """As `Checking` has it."""
        self.process.stop()
        self.said.close()
