"""One export, or what else takes long, on its way in a process of its own, so that nothing of it delays the controller."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, Self

from mirror.supervise import OURS, PARENT_PIPE

CUT_OFF = 75
"""Exit code of a process that found another at the same export (EX_TEMPFAIL of sysexits.h)."""
GRACE_S = 5.0
_LAST = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, below 0 for a signal, and what it said last."""

    code: int
    words: str

    @property
    def cut_off(self) -> bool:
        """Whether it was ended from outside, so that it is to be begun again."""
        return self.code < 0 or self.code == CUT_OFF


class Making(Protocol):
    """An export that is being made."""

    def ended(self) -> Ended | None:
        """How it ended; None while it goes on. The same again however often it is asked."""

    def stop(self) -> None:
        """Ends it, and waits until it has ended. What it made is kept for the next one."""


@dataclass(slots=True)
class Process:
    """`crossfade export --order`, or another of our commands, as a child. It ends with this process, however this one dies."""

    child: subprocess.Popen[bytes]
    said: IO[bytes]
    pipe: int
    _end: Ended | None = field(default=None, init=False)

    @classmethod
    def begin(cls, data: Path, id: str, out: Path) -> Self:
        """Starts it. Raises OSError."""
        return cls.of(["export", "--order", id, "--data", str(data), "--out", str(out)])

    @classmethod
    def of(cls, words: Sequence[str], out: IO[bytes] | int = subprocess.DEVNULL) -> Self:
        """Starts any of our commands, which says what it has to say to `out`. Raises OSError."""
        read, write = os.pipe()
        said = tempfile.TemporaryFile()  # noqa: SIM115 kept until the process has ended
        try:
            child = subprocess.Popen(  # noqa: S603 our own interpreter, our own arguments
                [sys.executable, *OURS, *words],
                env={**os.environ, PARENT_PIPE: str(read)},
                pass_fds=(read,),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                start_new_session=True,
            )
        except OSError:
            os.close(write)
            said.close()
            raise
        finally:
            os.close(read)
        return cls(child, said, write)

    def ended(self) -> Ended | None:
        """As `Making` has it."""
        if self._end is None and (code := self.child.poll()) is not None:
            self._end = Ended(code, self._words())
            os.close(self.pipe)
            self.said.close()
        return self._end

    def stop(self) -> None:
        """As `Making` has it."""
        self.child.terminate()
        try:
            self.child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.ended()

    def _words(self) -> str:
        self.said.seek(max(0, self.said.seek(0, os.SEEK_END) - _LAST))
        lines = self.said.read().decode(errors="replace").splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "")
        return last.removeprefix("crossfade: ").strip()
