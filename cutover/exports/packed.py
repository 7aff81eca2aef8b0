"""What vouches for a pack: an event of the tenant's own log that lists its files, and the proof of it beside them.

The proof is written last: a pack that was ended before has none, and whoever verifies it is told that it is not whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cutover import deeds
from cutover.exports import sealing
from cutover.exports.archive import Work
from cutover.exports.planned import ExportRefused
from cutover.exports.sealing import Patience
from cutover.people import Actor, Deed
from cutover.verifying.contents import Manifest, read_manifest_of
from cutover.verifying.findings import Fault
from cutover.verifying.packs import PACK_BUNDLE, PACK_EVENT, PACK_FILES, PACK_PROOF
from cutover.verifying.tarball import Archive
from mirror.journal.events import Value
from mirror.journal.home import sync_folder
from mirror.journal.signed import proofs
from mirror.journal.signed.folder import Folder, write_whole
from mirror.journal.store import Store
from mirror.redaction.redact import redacted


@dataclass(frozen=True, slots=True)
class Pack:
    """A folder with the bundle and the reports of a tenant's events between two moments of UTC (microseconds)."""

    folder: Path
    tenant: str
    from_us: int
    to_us: int
    purpose: str

    @property
    def bundle(self) -> Path:
        """The export in it."""
        return self.folder / PACK_BUNDLE

    @property
    def proof(self) -> Path:
        """What says that it is whole."""
        return self.folder / PACK_PROOF

    def begin(self) -> bool:
        """Begins it, or goes on: whether its bundle is whole already, of a run that was ended behind it.

        Raises:
            ExportRefused: a whole pack is there, or another bundle.
            OSError: the folder cannot be made or read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.proof.exists():
            raise ExportRefused(
                f"{self.folder}: a whole pack is there; choose another folder or move it away"
            )
        work = Work(self.bundle.with_name(f"{PACK_BUNDLE}.work"))
        if not self.bundle.exists() or work.path.exists():
            return False
        if not self._is_of_this(_manifest(self.bundle)):
            raise ExportRefused(
                f"{self.bundle}: the bundle of another pack; choose another folder or move it away"
            )
        work.remove()  # of which a run that was ended may have left some
        return True

    def _is_of_this(self, manifest: Manifest) -> bool:
        said = manifest.body
        span = said["tenant"], said["from_us"], said["to_us"]
        what = said["profile"], said.get("purpose")
        due = self.tenant, self.from_us, self.to_us
        return span == due and what == ("redacted", redacted(self.purpose))


@dataclass(frozen=True, slots=True)
class Vouching:
    """Has the log of a store vouch for a pack. `folder` is the signer's, `now_us` a clock of UTC."""

    store: Store
    folder: Folder
    patience: Patience
    now_us: Callable[[], int]

    def vouch(self, pack: Pack, actor: Actor) -> int:
        """Lists the files of a pack in an event, has that signed, and leaves the proof of it; the event's number.

        Raises:
            ExportRefused: nobody signs the log, or the bundle is not one.
            ProofBroken, NothingToProve: the log is not what was signed.
            OSError: a file cannot be read, or the proof not be written.
            StoreError: the store failed.
        """
        end = _manifest(pack.bundle)
        files = [_listed(pack.folder / name) for name in PACK_FILES]
        seq = self._told(pack, actor, files)
        sealing.covered(self.folder, pack.tenant, seq, self.patience)
        since = end.end_size, end.end_root
        with self.store.read() as conn:
            proof = proofs.inclusion(conn, pack.tenant, seq, since)
        sync_folder(pack.folder)
        write_whole(pack.proof, json.dumps(proof).encode() + b"\n")
        return seq

    def _told(self, pack: Pack, actor: Actor, files: list[dict[str, Value]]) -> int:
        deed = Deed(actor, self.now_us(), pack.purpose)
        details: dict[str, Value] = {
            "from_us": pack.from_us,
            "to_us": pack.to_us,
            "purpose": redacted(pack.purpose),
            "files": files,
        }
        about = ("report", f"{pack.from_us}-{pack.to_us}")
        with self.store.write() as conn:
            return deeds.report(
                conn, deed, PACK_EVENT, about, tenant=pack.tenant, details=details
            )


def _manifest(bundle: Path) -> Manifest:
    """What a bundle is of. Raises ExportRefused where it is none."""
    with bundle.open("rb") as file:
        archive = Archive(file)
        try:
            return read_manifest_of(archive)
        except Fault as fault:
            raise ExportRefused(f"{bundle}: no bundle ({fault.what}); move it away") from fault


def _listed(path: Path) -> dict[str, Value]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"name": path.name, "bytes": file.tell(), "sha256": sha256}
