"""What a verification found, check by check, in words. Pure.

The verifier names what is wrong by check; the twelve that people know are those of docs/verifying.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashboards import words
from dashboards.clock import Clock

TAMPERED, GAP, WARNING = "tampered", "gap", "warning"


class Outcome(StrEnum):
    """What a check came to. The sign stands before the words, so that a colour says nothing alone."""

    PASSED = "✓ holds"
    NOTED = "✓ holds, with a note"
    TAMPERED = "✗ changed"
    MISSING = "✗ missing"
    NOT_REACHED = "– not looked at: the verification ended before"
    NOT_FINISHED = "– not finished: the events break off before"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, missing or odd; 0 and "" where no line, event or file is meant."""

    check: str
    kind: str
    what: str
    file: str = ""
    line: int = 0
    event: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signed."""

    id: str
    public: str
    name: str = ""
    revoked_us: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What `crossfade verify --json` says; `code` is its exit code: 0 valid, 1 tampered, 2 something is missing."""

    outcome: str
    code: int
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    checked: dict[str, int]
    origin: str = ""
    tenant: str = ""
    from_us: int = 0
    to_us: int = 0
    profile: str = ""
    first_seq: int | None = None
    last_seq: int | None = None
    end_size: int = 0
    end_root: str = ""
    export_id: str = ""
    kind: str = ""
    event: int = 0
    keys: tuple[Key, ...] = ()
    keys_pinned: bool = False

    @property
    def is_proof(self) -> bool:
        """Whether it was a proof of `crossfade prove`, and no bundle."""
        return bool(self.kind) or any(one.check == "proof" for one in self.findings)


@dataclass(frozen=True, slots=True)
class Check:
    """One of the twelve, what it looks at, and what it came to."""

    number: int
    title: str
    says: str
    outcome: Outcome
    findings: tuple[Finding, ...] = field(default=())


_CHECKS = (
    ("Archive", "plain files under known names, in their order, each once; no links, no paths that lead out",
     ("archive",)),
    ("Signature and keys", "the manifest is signed, by a key that was good then", ("signature", "keys", "manifest")),
    ("Files", "length and SHA-256 of every file, none too many", ("files",)),
    ("Events", "every event numbered and linked to the one before; together they lead to the signed root",
     ("lines", "roots", "context", "range")),
    ("Checkpoints", "every checkpoint, and the one you kept, is a head of the same log", ("consistency", "checkpoints")),
    ("Digests", "one for each hour, each bound to the one before, counting its events as they are", ("digests",)),
    ("Tables", "the tables, made again from the events and compared", ("tables", "parquet")),
    ("Approvals", "by a person, not by who proposed, bound to what was proposed, used once", ("approvals",)),
    ("Moves", "every move legal, and with the approval that it needs", ("moves",)),
    ("Egress", "what left for a cloud was announced where it must be", ("egress",)),
    ("Payloads", "what is there is what its event committed to", ("payloads",)),
    ("Times", "their order; what is odd is a note", ("clock",)),
)  # fmt: skip
_EARLY = {"archive": 1, "manifest": 2}
"""Where a verification ends, when nothing of what the manifest says is known."""
_WALKED = (6, 7, 8, 9, 10, 11, 12)
"""Checks that are made event by event, and so end where the events do."""

VERDICTS = {
    0: "✓ Valid: nothing was changed, and nothing is missing.",
    1: "✗ Tampered: this is not what crossfade wrote.",
    2: "✗ Not whole: something is missing, or cannot be told from what is here.",
}


def checks(report: Report) -> list[Check]:
    """The twelve, each with its outcome."""
    ended = _ended(report)
    broken = any(one.check == "lines" for one in report.findings)
    return [_check(report, number, ended, broken) for number in range(1, len(_CHECKS) + 1)]


def every() -> list[Check]:
    """The twelve, before anything was looked at."""
    return [
        Check(number, title, says, Outcome.NOT_REACHED)
        for number, (title, says, _) in enumerate(_CHECKS, start=1)
    ]


def _ended(report: Report) -> int:
    """The last check that was made; past all of them where the verification went through."""
    if report.first_seq is not None:
        return len(_CHECKS)
    found = [_EARLY[one.check] for one in report.findings if one.check in _EARLY]
    return max(found, default=len(_CHECKS))


def _check(report: Report, number: int, ended: int, broken: bool) -> Check:
    title, says, names = _CHECKS[number - 1]
    found = tuple([one for one in report.findings if one.check in names])
    outcome = _of(found)
    if not found and number > ended:
        outcome = Outcome.NOT_REACHED
    elif outcome in (Outcome.PASSED, Outcome.NOTED) and broken and number in _WALKED:
        outcome = Outcome.NOT_FINISHED
    return Check(number, title, says, outcome, found)


def _of(findings: tuple[Finding, ...]) -> Outcome:
    kinds = {one.kind for one in findings}
    for kind, outcome in (
        (TAMPERED, Outcome.TAMPERED),
        (GAP, Outcome.MISSING),
        (WARNING, Outcome.NOTED),
    ):
        if kind in kinds:
            return outcome
    return Outcome.PASSED


def verdict(report: Report) -> str:
    """What it comes to, in one sentence."""
    return VERDICTS.get(report.code, f"It could not be told ({report.outcome}).")


def said(finding: Finding) -> str:
    """Where something is wrong, and what."""
    where = [finding.file] if finding.file else []
    where += [f"line {finding.line:,}"] if finding.line else []
    where += [f"event {finding.event:,}"] if finding.event else []
    return ": ".join([", ".join(where)] * bool(where) + [finding.what])


def unsaid(report: Report) -> int:
    """How many findings there are beside those that were kept."""
    return max(0, sum(report.counts.values()) - len(report.findings))


def facts(report: Report, clock: Clock) -> list[tuple[str, str]]:
    """What the bundle says that it is of, and who signed it."""
    told = []
    if report.origin:
        told.append(("Log", report.origin))
    if report.first_seq is not None and report.last_seq is not None:
        events = f"{report.first_seq:,} to {report.last_seq:,}"
        told.append(("Events", events if report.last_seq >= report.first_seq else "none"))
        told.append(("From", _when(clock, report.from_us)))
        told.append(("To", _when(clock, report.to_us)))
        told.append(("Profile", report.profile))
    if report.end_size:
        told.append(("Signed up to event", f"{report.end_size:,}"))
        told.append(("Root", report.end_root))
    told += [("Signed by key", _signed_by(key, clock)) for key in report.keys]
    if seen := ", ".join(f"{many:,} {what}" for what, many in report.checked.items() if many):
        told.append(("Looked at", seen))
    return told


def _signed_by(key: Key, clock: Clock) -> str:
    revoked = f", revoked {_when(clock, key.revoked_us)}" if key.revoked_us else ""
    return f"{key.id}, public {key.public}{revoked}"


def _when(clock: Clock, at_us: int) -> str:
    try:
        return clock.when(at_us)
    except (ValueError, OverflowError, OSError):
        return f"{at_us:,} µs since 1970"


def size(count: int) -> str:
    """A number of bytes as people say it."""
    if count < 1_000_000:
        return f"{count / 1000:,.1f} kB"
    return f"{count / 1_000_000:,.1f} MB"


def named(name: str) -> str:
    """A file's name as it is shown: what a browser calls it is anybody's."""
    return words.visible(words.shortened(name.rpartition("/")[2] or "the file", 80))


def whose(body: Mapping[str, Any], path: str, name: str) -> dict[str, Any]:
    """A report whose findings tell of the file by its name, and not by where it lay."""
    findings = [
        {key: _renamed(one, path, name) for key, one in finding.items()}
        for finding in body.get("findings", [])
    ]
    return {**body, "findings": findings}


def _renamed(value: object, path: str, name: str) -> object:
    return value.replace(path, name) if isinstance(value, str) else value
