"""Having a manifest signed: the signer is another process, and is asked by a file in its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cutover.exports.planned import ExportRefused
from mirror.journal.signed import door
from mirror.journal.signed.folder import Folder

POLL_S = 0.2


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
    name = hashlib.sha256(content).hexdigest()

    def answer() -> str | None:
        for ending in ("note", "refused"):
            file = folder.path / "signed" / f"{name}.{ending}"
            if file.exists():
                text = file.read_text(encoding="utf-8")
                file.unlink(missing_ok=True)
                if ending == "refused":
                    raise ExportRefused(f"the signer does not sign this export: {text.strip()}")
                return text
        return None

    door.ask(folder, content)
    return patience.until(
        answer,
        "waiting for the signer to sign the manifest",
        "the signer signed nothing: does `crossfade run signer` (a part of `crossfade up`) run on this data "
        "folder? What was made is kept; run the same command again",
    )
