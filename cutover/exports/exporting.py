"""An export of a store's log, with the events that say who asked for it and what they got."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cutover import deeds
from cutover.exports import orders, sealing, standing
from cutover.exports.about import moment
from cutover.exports.bundle import PLAN, Export, Made, Progress, begun
from cutover.exports.payloads import Revealed
from cutover.exports.planned import LARGEST_US, Asked, ExportRefused, Plan, planned
from cutover.exports.sealing import Patience
from cutover.exports.source import Signed
from cutover.exports.stored import StoredLog, open_log
from cutover.people import Deed
from cutover.verifying.contents import MANIFEST, MANIFEST_SIG
from cutover.verifying.payloads import PAYLOADS
from mirror.journal.events import Value
from mirror.journal.signed import heads
from mirror.journal.signed.folder import Folder
from mirror.journal.store import Store
from mirror.redaction.redact import redacted

_OF_PAYLOADS = (PAYLOADS, MANIFEST, MANIFEST_SIG)
NEVER_SIGNED = (
    "nothing of this deployment was ever signed, and an export proves nothing without; start the signer "
    "(`crossfade run signer`, a part of `crossfade up`) on this data folder"
)
RUNS = "does the signer run (`crossfade run signer`, a part of `crossfade up`)?"


@dataclass(frozen=True, slots=True)
class Exporting:
    """Makes exports of one store. `folder` is the signer's, `build` is our `edition`, `now_us` is a clock of UTC."""

    store: Store
    folder: Folder
    patience: Patience
    progress: Progress
    build: str
    now_us: Callable[[], int]
    revealed: Revealed | None = None
    more: Mapping[str, Value] = field(default_factory=dict)
    """What both events say besides: which order it is, or how somebody agreed."""

    def export(self, asked: Asked, deed: Deed, out: Path) -> Made:
        """Makes a bundle, or goes on with the one that was begun under this name.

        Raises:
            ExportRefused: it cannot be made; the message says why and what to do.
            OSError: it cannot be written; what was made is kept for the next try.
            StoreError: the store failed; the same.
        """
        log = open_log(self.store, asked.tenant)
        if not log.deployment:
            raise ExportRefused(NEVER_SIGNED)
        if asked.profile == "full" and self.revealed is None:
            raise ExportRefused("the profile full needs the keys of the payloads")
        work, plan = begun(log, out, asked, lambda: self._planned(log, asked, deed))
        if self.build not in plan.builds:
            plan = plan.also_made_by(self.build)
            work.write(PLAN, plan.text())
        if asked.profile != "full":
            return self._made(Export(log, plan, work, self._sign, self.progress), deed, out)
        # What was erased since they were made must not leave with them.
        work.forget(*_OF_PAYLOADS)
        erased = self._erased(asked.tenant)
        sign = partial(self._sign_unerased, asked.tenant, erased)
        try:
            export = Export(log, plan, work, sign, self.progress, self.revealed)
            return self._made(export, deed, out)
        finally:  # of what is not whole no words stay behind
            work.forget(*_OF_PAYLOADS)

    def _made(self, export: Export, deed: Deed, out: Path) -> Made:
        asked = export.plan.asked
        return export.make(out, lambda made: self._created(asked, deed, made))

    def _planned(self, log: StoredLog, asked: Asked, deed: Deed) -> Plan:
        now_us = self.now_us()
        if log.span(0, LARGEST_US)[1] == 0:
            raise ExportRefused(f"no event of a tenant {asked.tenant!r} was ever written here")
        if asked.from_us > now_us and not _holds(log, asked):
            raise ExportRefused(
                f"the period has not begun: it begins {moment(asked.from_us)}, and now it is {moment(now_us)}"
            )
        late = standing.unfinished(asked, now_us)
        notes = self._notes(asked, late)
        self._report(asked, deed, "export.requested", {"notes": notes})
        span = log.span(asked.from_us, asked.to_us)
        end = self._covered(log, asked, max(span[1], 1), late)
        return replace(planned(log, asked, self.build, end, span), notes=notes)

    def _notes(self, asked: Asked, late: str) -> dict[str, str]:
        """What a reader must know, as it stands when the export is asked for."""
        with self.store.read() as conn:
            notes = standing.notes(conn, asked)
        if late:
            notes["unfinished"] = f"{late}; what happens in it later is not in this bundle"
        return notes

    def _covered(self, log: StoredLog, asked: Asked, last: int, late: str) -> Signed:
        """The checkpoint to end with. `late` says that the period is not over, where it is not."""
        with self.store.read() as conn:
            why = next(
                (one.why for one in heads.refusals(conn) if one.tenant == asked.tenant), ""
            )
        if why and log.covering(last) is None:
            raise ExportRefused(
                f"the signer refuses to sign this log any further ({why}); see `crossfade signer`"
            )
        what = f"waiting for the signer to sign up to event {last:,}"
        lack = (
            f"event {last:,} is not signed yet, and what is not signed proves nothing: {RUNS}"
        )
        if late:
            what = f"{what} ({late})"
            lack = f"{late}; give a --to that has passed, or have event {last:,}, its newest, signed: {RUNS}"
        if found := log.covering(last):
            return found
        with sealing.hurrying(self.folder, asked.tenant, last):
            return self.patience.until(lambda: log.covering(last), what, lack)

    def _erased(self, tenant: str) -> int:
        with self.store.read() as conn:
            return orders.newest_erasure(conn, tenant)

    def _sign_unerased(self, tenant: str, erased: int, content: bytes) -> str:
        note = self._sign(content)
        if self._erased(tenant) != erased:
            raise ExportRefused(
                "payloads of this tenant were erased while the bundle was made, and it may hold them; run the same "
                "command again"
            )
        return note

    def _sign(self, content: bytes) -> str:
        return sealing.signed(self.folder, content, self.patience)

    def _created(self, asked: Asked, deed: Deed, made: Made) -> None:
        """Says when the bundle was whole: one may have waited hours for the signer, or for who goes on with it."""
        whole: dict[str, Value] = {"manifest_sha256": made.sha256, "events": made.events}
        deed = replace(deed, at_us=self.now_us())
        self._report(asked, deed, "export.created", whole, made.export_id)

    def _report(
        self, asked: Asked, deed: Deed, type: str, more: Mapping[str, Value], id: str = ""
    ) -> None:
        """One event. The controller's reason is what a person wrote: it is covered as theirs is."""
        details: dict[str, Value] = {
            "from_us": asked.from_us,
            "to_us": asked.to_us,
            "profile": asked.profile,
            "purpose": asked.purpose,
            "requested_by": asked.requested_by,
            "approved_by": asked.approved_by,
            **self.more,
            **more,
        }
        about = ("export", id or f"{asked.from_us}-{asked.to_us}")
        told = replace(deed, reason=redacted(deed.reason))
        with self.store.write() as conn:
            deeds.report(conn, told, type, about, tenant=asked.tenant, details=details)


def _holds(log: StoredLog, asked: Asked) -> bool:
    """Whether a range has an event: one to come has where a clock was ahead, and what is recorded can be exported."""
    first, last = log.span(asked.from_us, asked.to_us)
    return first <= last
