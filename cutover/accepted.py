"""Acceptance reports that were kept, and whether a candidate has one that lets it into canary.

A report is of a candidate, not of who asked: its rollouts in every tenant share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sqlalchemy import Connection, insert, select

from cutover import deeds, tables
from cutover.approving.approvals import digest
from cutover.people import Deed
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal import events
from policies.acceptance import Acceptance
from policies.policy import Policy

DAY_US = 86_400_000_000
_table = tables.acceptance.c


@dataclass(frozen=True, slots=True)
class Report:
    """What is kept of a report, for one route of its tenant.

    `candidate` is the fingerprint of what was asked, `targets` and `sha256` the digests of what it
    was measured by, and of the report's JSON as `--out` writes it.
    """

    tenant: str
    route: str
    candidate: str
    targets: str
    sha256: str
    passed: bool
    at_us: int


def keep(
    conn: Connection, reports: list[Report], deed: Deed, says: Mapping[str, events.Value]
) -> None:
    """Keeps one report, given once for each route that it is of, and the event that says what it came to."""
    if not reports:
        return
    one = reports[0]
    was = newest(conn, one.candidate, one.targets)
    for each in reports:
        conn.execute(insert(tables.acceptance).values(**asdict(each)))
    deeds.report(
        conn,
        deed,
        "acceptance.passed" if one.passed else "acceptance.missed",
        ("acceptance", one.sha256[:16]),
        tenant=one.tenant,
        details={
            "sha256": one.sha256,
            "targets": one.targets,
            "candidates": {each.route: each.candidate for each in reports},
            "says": dict(says),
            **events.changed(_outcome(was) if was else None, _outcome(one)),
        },
    )


def _outcome(one: Report) -> str:
    return "passed" if one.passed else "missed"


def targets_digest(policy: Policy) -> str:
    """SHA-256 of the targets that a report is measured by."""
    return digest(policy.targets.model_dump(mode="json"))


def newest(conn: Connection, candidate: str, targets: str) -> Report | None:
    """The newest report of a candidate by these targets, whoever asked for it."""
    return every_newest(conn, targets, candidate).get(candidate)


def every_newest(conn: Connection, targets: str, candidate: str = "") -> dict[str, Report]:
    """The newest report of each candidate by these targets, or of one of them."""
    query = (
        select(*(getattr(_table, name) for name in Report.__dataclass_fields__))
        .where(_table.targets == targets)
        .order_by(_table.at_us, _table.id)
    )
    if candidate:
        query = query.where(_table.candidate == candidate)
    found = [
        Report(**{**row, "passed": bool(row["passed"])})
        for row in conn.execute(query).mappings()
    ]
    return {one.candidate: one for one in found}


@dataclass(slots=True)
class Reports:
    """The newest report of each candidate by a policy's targets, read once a tick where any is demanded."""

    policy: Policy
    _demanded: bool = field(init=False)
    _targets: str = field(init=False)
    _newest: Mapping[str, Report] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds out what is demanded."""
        terms = [self.policy.terms_of(one) for one in self.policy.rollouts]
        self._demanded = any(one.acceptance.required for one in terms)
        self._targets = targets_digest(self.policy)

    def look(self, conn: Connection) -> None:
        """Reads them anew."""
        if self._demanded:
            self._newest = every_newest(conn, self._targets)

    def gap(self, rollout: Rollout, demanded: Acceptance, now_us: int) -> str:
        """Says what is missing of a report that is demanded before canary; else ""."""
        return gap(self._newest.get(rollout.candidate), rollout, demanded, now_us)


def gap(found: Report | None, rollout: Rollout, demanded: Acceptance, now_us: int) -> str:
    """Says what the newest report of a candidate lacks, where one is demanded before canary; else ""."""
    if not demanded.required or rollout.stage is not Stage.MIRROR:
        return ""
    to_do = f"`crossfade acceptance -p POLICY --tenant {rollout.tenant} --recorded 500 --keep`"
    if found is None:
        return f"no acceptance report of this candidate by the policy's targets: {to_do}"
    if not found.passed:
        return f"the newest acceptance report of this candidate has not passed: {to_do}"
    days = (now_us - found.at_us) / DAY_US
    if days > demanded.max_age_days:
        return (
            f"the acceptance report of this candidate is {days:.0f} days old, "
            f"{demanded.max_age_days:g} at most: {to_do}"
        )
    return ""
