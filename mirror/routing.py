"""Who answers a request, and who is shadowed: pure functions of the route table and the session.

The table is what the controller published; the proxy obeys it and knows nothing of why. Without a
row for a rollout its primary answers and nothing is shadowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mirror import unpaired
from mirror.candidate import candidate_fingerprint
from mirror.capacity import Rank
from mirror.choice import Choice, choose, target_of
from mirror.dialects.chat import CHAT
from mirror.dialects.dialect import Dialect
from mirror.exchange import End, Outcome, Side
from mirror.permission import allowed, uncopied
from mirror.route_table import RouteTable, Standing
from mirror.share import given_side, within
from policies.policy import Policy, Rollout, Route, Target


def serving_side(table: RouteTable, standing: Standing | None, session: str) -> Side:
    """The side that answers this session. A wider share never moves a session back."""
    if standing is None or table.in_emergency(standing.tenant, standing.route):
        return Side.PRIMARY
    return given_side(standing, session)


def sampled(salt: str, session: str, percent: float) -> bool:
    """Whether a session is shadowed. Salted apart from the share, so that neither biases the other."""
    return within(percent, f"{salt}/shadow", session)


@dataclass(frozen=True, slots=True)
class Asked:
    """What routing needs to know of a request.

    `excluded` says why it may not be copied or repeated; empty where it may. `diverted` is true
    while a circuit breaker or a cap keeps requests away from the candidate. `dialect` is that of its path,
    `tokens` how many its answer may have, None where it does not say, `upload_bytes` the length
    of a recording that it brings, None where it is none. `gap` says what the candidate lacks to
    answer it; empty where it lacks nothing. `subject` is its patient's pseudonym, empty where none is told.
    """

    session: str
    model: str
    streaming: bool
    excluded: str = ""
    diverted: bool = False
    dialect: Dialect = CHAT
    gap: str = ""
    tokens: int | None = None
    upload_bytes: int | None = None
    rank: Rank = Rank.INTERACTIVE
    subject: str = ""


def diverted(asked: Asked) -> Asked:
    """The same request while a breaker or a cap keeps requests away from the candidate."""
    return replace(asked, diverted=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to one request.

    `serving` is None where no side is permitted. `failover` answers in its place, and only with a
    failover is there a deadline, in seconds. `outcome` is PENDING for a request whose other side is
    shadowed, and with a reason for one whose answer is looked at by itself; any other is final and has a reason. `gap` is what the candidate lacks, where for want
    of it nobody is left to answer, `diverted` the candidate that this request was kept from, and
    `diverted_by` what did: a breaker, once that speaks against it, or its cap, which never does.
    `rank` is the request's among those that want a place at an upstream, `subject` its patient's pseudonym. `repeatable` says that it
    leaves nothing behind on a server, `named` is the model that its body names, "" where nobody knows.
    `kept` says why the candidate does not answer a session that its share gives to it; else empty.
    """

    tenant: str
    route: Route
    dialect: Dialect
    stage: str
    epoch: int
    streaming: bool
    serving: Choice | None
    failover: Choice | None
    deadline_s: float | None
    outcome: Outcome
    reason: str
    reask: bool
    gap: str = ""
    diverted: Choice | None = None
    diverted_by: End = End.DIVERTED
    rank: Rank = Rank.INTERACTIVE
    subject: str = ""
    repeatable: bool = False
    named: str = ""
    kept: str = ""


def candidate_changed(policy: Policy, rollout: Rollout, standing: Standing | None) -> bool:
    """Whether the policy names another candidate than the standing was published for.

    A standing without a fingerprint is not believed where the candidate would answer people.
    """
    if standing is None or standing.stage not in ("mirror", "canary", "live"):
        return False
    if not standing.candidate:
        return standing.stage != "mirror"
    return standing.candidate != candidate_fingerprint(policy, rollout)


def plan(policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked) -> Plan:
    """Who answers a request of a rollout, who stands by, and whether it is mirrored.

    A side that the tenant's policy forbids is in no plan, whatever the table says, and a candidate
    that the table is not about neither answers nor is shadowed.
    """
    standing = table.standing(rollout.tenant, rollout.route)
    side = _side(policy, rollout, table, asked)
    spare = side is Side.CANDIDATE and _spare(policy, rollout, table, asked, side)
    outcome, reason = _outcome(policy, rollout, table, asked, side)
    deadlines = policy.terms_of(rollout).deadlines
    limit_s = deadlines.first_event_s
    if not asked.streaming:
        limit_s = deadlines.budget_s(asked.tokens, asked.upload_bytes)
    return Plan(
        tenant=rollout.tenant,
        route=rollout.route,
        dialect=asked.dialect,
        stage=standing.stage if standing else "off",
        epoch=standing.epoch if standing else 0,
        streaming=asked.streaming,
        serving=choose(policy, rollout, side, asked.model) if side else None,
        failover=choose(policy, rollout, Side.PRIMARY, asked.model) if spare else None,
        deadline_s=limit_s if spare else None,
        outcome=outcome,
        reason=reason,
        repeatable=not asked.excluded,
        reask=outcome is Outcome.PENDING
        and not reason
        and _reasked(policy, rollout, standing, asked),
        rank=asked.rank,
        subject=asked.subject,
        gap=asked.gap if reason == End.CAPABILITY_GAP else "",
        named=asked.model,
        kept=_kept(policy, rollout, table, asked, side),
    )


def _answers(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, side: Side
) -> bool:
    """Whether a side may be asked now: permitted, and not drained."""
    drained = table.drained(target_of(rollout, side).upstream)
    return allowed(policy, rollout, side) and not drained


def _side(policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked) -> Side | None:
    """The side that answers; None where only a forbidden or drained one could."""
    standing = table.standing(rollout.tenant, rollout.route)
    meant = serving_side(table, standing, asked.session)
    spare = _spare(policy, rollout, table, asked, meant)
    pinned = policy.tenants[rollout.tenant].pinned == "primary"
    # An excluded request may use state that only the primary has, and one with a gap is not the
    # candidate's to answer.
    stays = pinned or bool(asked.excluded) or bool(_kept_away(policy, rollout, standing))
    if stays:
        meant, spare = Side.PRIMARY, _answers(policy, rollout, table, asked, Side.PRIMARY)
    fit = not asked.gap and not (asked.diverted and spare)
    if meant is Side.CANDIDATE and fit and _answers(policy, rollout, table, asked, meant):
        return meant
    # A candidate that nobody approved never stands in for a primary that is not permitted.
    return Side.PRIMARY if spare else None


def _spare(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, meant: Side
) -> bool:
    """Whether the primary may answer where `meant` is to.

    It never stands in for a candidate that embeds: its vectors would find nothing in the other's
    index, and nothing would fail.
    """
    if meant is Side.CANDIDATE and rollout.route is Route.EMBED:
        return False
    return _answers(policy, rollout, table, asked, Side.PRIMARY)


def _kept_away(policy: Policy, rollout: Rollout, standing: Standing | None) -> str:
    """Why the candidate neither answers nor is shadowed, whatever its stage; empty if it may."""
    if candidate_changed(policy, rollout, standing):
        return "candidate_changed"
    return "served_by_other" if standing is not None and standing.barred else ""


def _kept(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, side: Side | None
) -> str:
    """Why the candidate does not answer a session that its share gives to it; empty where it does, or none is."""
    standing = table.standing(rollout.tenant, rollout.route)
    if side is Side.CANDIDATE or given_side(standing, asked.session) is Side.PRIMARY:
        return ""
    if table.in_emergency(rollout.tenant, rollout.route):
        return "emergency"
    if policy.tenants[rollout.tenant].pinned == "primary":
        return "pinned"
    away = _kept_away(policy, rollout, standing) or _drained(table, rollout.candidate)
    if asked.excluded or away:
        return away or "excluded"
    lacks = End.CAPABILITY_GAP if asked.gap else ""
    return lacks or (End.DIVERTED if asked.diverted else "no_permitted_side")


def _outcome(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, side: Side | None
) -> tuple[Outcome, str]:
    """Where the request starts in the ledger, and why where it is not mirrored."""
    unfit = asked.excluded or _lacking(policy, rollout, table, asked, side)
    unfit = unfit or _unfit(policy, rollout, table, asked, side)
    if unfit:
        return Outcome.EXCLUDED, unfit
    standing = table.standing(rollout.tenant, rollout.route)
    if table.in_emergency(rollout.tenant, rollout.route):
        return Outcome.UNSAMPLED, "emergency"
    if standing is None or standing.stage not in ("mirror", "canary", "live"):
        return Outcome.UNSAMPLED, "stage_off"
    away = _kept_away(policy, rollout, standing) or _drained(table, rollout.candidate)
    if away:
        return Outcome.EXCLUDED, away
    if side is Side.CANDIDATE:  # a client's answer is looked at with or without a copy
        return Outcome.PENDING, _alone(policy, rollout, table, asked)
    if not sampled(standing.salt, asked.session, standing.shadow_percent):
        return Outcome.UNSAMPLED, "sampling"
    return Outcome.PENDING, ""


def _drained(table: RouteTable, *targets: Target) -> str:
    """The reason of an exchange that lacks one of these by plan: that is no evidence against anybody."""
    out = any(table.drained(one.upstream) for one in targets)
    return unpaired.DRAINED if out else ""


def _lacking(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, side: Side | None
) -> str:
    """Says that a candidate would have answered, could it, and nobody else ever may; else empty."""
    drained = _drained(table, rollout.primary, rollout.candidate)
    if side is not None or not asked.gap or drained:
        return ""
    able = _side(policy, rollout, table, replace(asked, gap=""))
    return End.CAPABILITY_GAP if able is Side.CANDIDATE else ""


def _unfit(
    policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked, side: Side | None
) -> str:
    """Why there is nothing to be seen of the candidate; empty where there is."""
    if side is None:
        drained = _drained(table, rollout.primary, rollout.candidate)
        return drained or unpaired.NO_PERMITTED_SIDE
    return uncopied(policy, rollout, Side.CANDIDATE) if side is Side.PRIMARY else ""


def _alone(policy: Policy, rollout: Rollout, table: RouteTable, asked: Asked) -> str:
    """Why the primary is sent no copy of what the candidate answers; empty where it is."""
    standing = table.standing(rollout.tenant, rollout.route)
    assert standing is not None, "the candidate answers only where the table says so"
    closed = uncopied(policy, rollout, Side.PRIMARY)
    if closed or not sampled(standing.salt, asked.session, standing.reverse_percent):
        return closed or unpaired.SAMPLING
    return _drained(table, rollout.primary)


def _reasked(policy: Policy, rollout: Rollout, standing: Standing | None, asked: Asked) -> bool:
    """Whether the primary is asked a second time, to measure its own noise."""
    return (
        standing is not None
        and not asked.gap  # nothing will be held against it
        and policy.tenants[rollout.tenant].reask
        and not uncopied(policy, rollout, Side.PRIMARY)
        and within(standing.reask_percent, f"{standing.salt}/reask", asked.session)
    )
