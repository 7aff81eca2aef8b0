"""The note in a data folder that says where its control API answers, for commands on the same machine."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """The note of one controller. `acting` says whether it is the one that acts.

    Several may run with one folder: the note is that of the one that acts, for the others do nothing for people.
    """

    file: Path
    url: str
    acting: Callable[[], bool]

    def step(self) -> None:
        """Writes it where this controller acts and it says another thing, or where there is none."""
        said = self._said()
        if said is None or (said != self._text and self.acting()):
            self._write()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Has it there from now until the context ends."""
        self.step()
        try:
            yield
        finally:
            self.withdraw()

    def withdraw(self) -> None:
        """Takes it away again if it is still this controller's."""
        if self._said() == self._text:
            self.file.unlink(missing_ok=True)

    @property
    def _text(self) -> str:
        return json.dumps({"url": self.url}) + "\n"

    def _said(self) -> str | None:
        try:
            return self.file.read_text()
        except (OSError, ValueError):
            return None

    def _write(self) -> None:
        draft = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(self._text)
        draft.replace(self.file)


def url_of(listener: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
