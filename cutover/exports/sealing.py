"""Having a manifest or a log signed: the signer is another process, and is asked by a file in its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from cutover.exports.planned import ExportRefused
from mirror.journal.signed import door
from mirror.journal.signed.folder import Folder

POLL_S = 0.2
_ENDINGS = ("note", "refused")
_RUNS = (
    "does `crossfade run signer` (a part of `crossfade up`) run on this data folder? What was made is kept; run the same "
    "command again"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one waits for another process. `sleep` takes seconds, `steady_s` is a clock that never jumps."""

    wait_s: float
    sleep: Callable[[float], None]
    steady_s: Callable[[], float]
    tell: Callable[[str], None]

    def until[Found](self, look: Callable[[], Found | None], what: str, lack: str) -> Found:
        """What `look` finds in the end. Raises ExportRefused, with `lack`, where it finds nothing in time."""
        ends, told = self.steady_s() + self.wait_s, False
        while (found := look()) is None:
            if self.steady_s() >= ends:
                raise ExportRefused(f"{lack} (waited {self.wait_s:g} s)")
            if not told:
                self.tell(what)
                told = True
            self.sleep(POLL_S)
        return found


def signed(folder: Folder, content: bytes, patience: Patience) -> str:
    """The note over a manifest.

    Raises:
        ExportRefused: the signer refuses it, or does not run.
        OSError: its folder cannot be written.
    """
    door.ask(folder, content)
    return patience.until(
        lambda: _answer(folder, content, "the signer does not sign this export"),
        "waiting for the signer to sign the manifest",
        f"the signer signed nothing: {_RUNS}",
    )


def covered(folder: Folder, tenant: str, seq: int, patience: Patience) -> None:
    """Has a log signed up to an event at least, now and not within a minute.

    Raises:
        ExportRefused: the signer signs it no further, or does not run.
        OSError: its folder cannot be written.
    """
    with hurrying(folder, tenant, seq) as content:
        patience.until(
            lambda: _answer(folder, content, f"the signer does not sign event {seq:,}"),
            f"waiting for the signer to sign event {seq:,}",
            f"event {seq:,} is not signed, and what is not signed proves nothing: {_RUNS}",
        )


@contextmanager
def hurrying(folder: Folder, tenant: str, seq: int) -> Iterator[bytes]:
    """Within this the signer is asked to sign a log up to an event at least, now and not within a minute.

    Gives what it was asked; nothing of it stays behind. Raises OSError.
    """
    said = {"kind": door.COVERING, "tenant": tenant, "seq": seq}
    content = json.dumps(said).encode()
    name = door.ask(folder, content)
    try:
        yield content
    finally:  # nobody comes back for it
        with suppress(OSError):
            folder.done("asked", name)
            for ending in _ENDINGS:
                (folder.path / "signed" / f"{name}.{ending}").unlink(missing_ok=True)


def _answer(folder: Folder, content: bytes, refused: str) -> str | None:
    """What the signer said; None while it has said nothing. Raises ExportRefused with `refused` and its words."""
    name = hashlib.sha256(content).hexdigest()
    for ending in _ENDINGS:
        file = folder.path / "signed" / f"{name}.{ending}"
        if file.exists():
            text = file.read_text(encoding="utf-8")
            file.unlink(missing_ok=True)
            if ending == "refused":
                raise ExportRefused(f"{refused}: {text.strip()}")
            return text
    return None
