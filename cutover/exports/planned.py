"""What one export is of, fixed before its first file: whoever goes on with it later makes the same bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from cutover.exports.source import Signed, Source, origin
from cutover.verifying.cells import FORM
from mirror.journal.events import canonical
from mirror.redaction.redact import redacted

PROFILES = ("redacted", "full")
LARGEST_US = 2**53 - 1


class ExportRefused(Exception):
    """An export that cannot be made; the message says why and what to do."""

    mendable = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a tenant's events between two moments of UTC (microseconds), for whom and what for.

    What a purpose says of a patient by number, telephone or address is covered: it stands in an event, which is
    never erased, and on every paper of a bundle, which goes to people who may not know.
    `kept` are checkpoints that the reader kept from before, whole notes.
    """

    tenant: str
    from_us: int
    to_us: int
    profile: str
    requested_by: str
    purpose: str
    approved_by: str = ""
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ExportRefused for a span that holds no moment."""
        if not 0 <= self.from_us < self.to_us <= LARGEST_US:
            raise ExportRefused(
                "the range ends before it begins; give --from and --to in order"
            )
        if self.profile not in PROFILES:
            raise ExportRefused(f"no profile {self.profile!r}; there are {', '.join(PROFILES)}")
        object.__setattr__(self, "purpose", redacted(self.purpose))


@dataclass(frozen=True, slots=True)
class Plan:
    """An export with what it will hold: the events `first` to `last`, and the checkpoint that covers them."""

    asked: Asked
    deployment: str
    origin: str
    first: int
    last: int
    end: Signed
    build: str
    first_digest_us: int = 0
    """The first hour that the signer made a digest of; 0 while there is none. Before it nothing was signed hourly."""
    notes: dict[str, str] = field(default_factory=dict)
    """What else a reader must know, by a short name: what was on hold, and what was gone."""
    v: int = 1
    """The form of its tables; a plan that was begun before it said so goes on in the first."""

    @property
    def export_id(self) -> str:
        """16 hex digits that tell this export from all others."""
        said = [self.origin, self.asked.from_us, self.asked.to_us, self.first, self.last]
        said += [self.asked.profile, self.asked.requested_by, self.asked.purpose]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    @property
    def builds(self) -> list[str]:
        """The editions that had a hand in it."""
        return self.build.split(", ")

    def also_made_by(self, build: str) -> Self:
        """With one more edition that goes on with it: what two made, neither makes again alike."""
        return replace(self, build=f"{self.build}, {build}")

    def text(self) -> str:
        """As kept beside what was made already."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Self:
        """From what `text` wrote. Raises ValueError, KeyError and TypeError for anything else."""
        said = json.loads(text)
        asked = Asked(**{**said["asked"], "kept": tuple(said["asked"]["kept"])})
        return cls(**{**said, "asked": asked, "end": Signed(**said["end"])})


def planned(
    source: Source, asked: Asked, build: str, end: Signed, span: tuple[int, int] | None = None
) -> Plan:
    """The plan of an export that ends with a checkpoint, which covers its last event.

    `span` is the first and the last event, where that was asked before.
    """
    first, last = span or source.span(asked.from_us, asked.to_us)
    assert end.size >= last, "who waits for the checkpoint waits for one that covers the range"
    hour = next(source.digests(0, LARGEST_US), None)
    begins_us = hour.period_us if hour else 0
    return Plan(
        asked, source.deployment, origin(source), first, last, end, build, begins_us, v=FORM
    )


def redaction(profile: str) -> dict[str, str]:
    """What a profile leaves out, in words."""
    return {
        "profile": profile,
        "payloads": "in payloads.jsonl" if profile == "full" else "left out",
        "events": "whole: no event ever holds a payload, a key or a token",
    }


def manifest(plan: Plan, files: list[dict[str, object]]) -> bytes:
    """The manifest, as it is signed. `files` say path, bytes, sha256 and, where there are, rows."""
    asked = plan.asked
    said: dict[str, object] = {
        "v": plan.v,
        "kind": "crossfade.export",
        "origin": plan.origin,
        "deployment": plan.deployment,
        "tenant": asked.tenant,
        "from_us": asked.from_us,
        "to_us": asked.to_us,
        "profile": asked.profile,
        "first_seq": plan.first,
        "last_seq": plan.last,
        "end_size": plan.end.size,
        "end_root": plan.end.root,
        "as_of_us": plan.end.at_us,
        "first_digest_us": plan.first_digest_us,
        "requested_by": asked.requested_by,
        "approved_by": asked.approved_by,
        "purpose": asked.purpose,
        "export_id": plan.export_id,
        "build": plan.build,
        "redaction": redaction(asked.profile),
        "notes": plan.notes,
        "files": files,
    }
    return canonical(said).encode()  # type: ignore[arg-type]
