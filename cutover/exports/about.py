"""What every paper of an export says of itself: whose log, between which moments, and what signs for it."""

from __future__ import annotations

from dataclasses import dataclass

from cutover.counting import counted
from cutover.verifying.cells import plus8, utc


@dataclass(frozen=True, slots=True)
class About:
    """One export. Moments are microseconds of UTC; the events are numbered `first_seq` to `last_seq`.

    `end_root` (hex) is the root of the log's first `end_size` events, which `as_of_us` was signed. `notes` are
    sentences on what else a reader must know.
    """

    export_id: str
    origin: str
    deployment: str
    tenant: str
    from_us: int
    to_us: int
    profile: str
    first_seq: int
    last_seq: int
    end_size: int
    end_root: str
    as_of_us: int
    requested_by: str
    approved_by: str
    purpose: str
    build: str
    notes: tuple[str, ...] = ()

    @property
    def whose(self) -> str:
        """Whose log it is, in words."""
        return f"tenant {self.tenant}" if self.tenant else "the deployment itself"

    @property
    def span(self) -> str:
        """Both ends of the range by both clocks."""
        return f"{moment(self.from_us)} until before {moment(self.to_us)}"

    @property
    def events(self) -> str:
        """How many events, and their numbers."""
        many = self.last_seq - self.first_seq + 1
        if many <= 0:
            return "no event"
        return f"{counted(many, 'event')}, numbered {self.first_seq:,} to {self.last_seq:,}"

    @property
    def foot(self) -> str:
        """What stands on every page, so that a page that is alone tells where it belongs."""
        return (
            f"export {self.export_id} · {self.origin} · {self.events} · "
            f"root of the first {self.end_size:,}: {self.end_root}"
        )


def moment(at_us: int) -> str:
    """A moment by both clocks, to the second: "2026-11-26 13:05:00 UTC (21:05:00 +08:00)"; "never" for none."""
    here, there = utc(at_us), plus8(at_us)
    if not here:
        return "never"
    date = "" if here[:10] == there[:10] else f"{there[:10]} "
    return f"{here[:10]} {here[11:19]} UTC ({date}{there[11:19]} +08:00)"
