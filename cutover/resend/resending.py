"""Sending stored requests to the candidate again, one after the other. Start reading at `run`.

The candidate alone is asked, and its answer compared with the primary's stored one: that is what the
client saw, it costs nothing, and the primary need not be there. A request is taken only from before the
mirror began, because later ones were copied as they came; never one that offers tools, and never one
that may not be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, exists, func, select, tuple_

from compare import cases
from compare.answer import recorded_key
from compare.score import Scorer
from cutover import history, tables
from cutover.emergency import incidents, switches
from cutover.evidence.dossier import rules_of
from cutover.evidence.gates import Basis
from cutover.evidence.sessions import SECOND_US
from cutover.resend import nights, resent
from cutover.resend.nights import DAY_US, Night
from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.candidate import candidate_fingerprint
from mirror.choice import choose
from mirror.exchange import UNSENT, Accept, End, Leg, Outcome, Reply, Side
from mirror.journal import exchanges, sightings
from mirror.journal.exchanges import Exchange
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.store import Store
from mirror.journal.tables import exchange as stored
from mirror.send import Sender, send
from policies.low_traffic import Resend
from policies.policy import Policy
from policies.policy import Rollout as Declared

MINUTE_US = 60 * SECOND_US
_PAGE = 200  # stored requests that are looked at together
_OUTCOMES = (Outcome.COMPARED, Outcome.UNSAMPLED, Outcome.SHED, Outcome.FAILED)
_TOOLS = frozenset({"tools", "tool_choice", "functions", "function_call", "mcp_servers"})
_AWAY = UNSENT | {End.CONNECT}


class NotAllowed(Exception):
    """Nothing may be sent again; the message says what the policy lacks."""


@dataclass(frozen=True, slots=True)
class Report:
    """How many requests were sent, and why no more were."""

    sent: int
    why: str


@dataclass(slots=True)
class Resending:
    """Sends the stored requests of one rollout. `rest(seconds)` waits between two of them."""

    policy: Policy
    declared: Declared
    store: Store
    sealer: Sealer
    sender: Sender
    scorer: Scorer
    now_us: Callable[[], int]
    rest: Callable[[float], Awaitable[None]]
    _terms: Resend = field(init=False)
    _passed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Raises NotAllowed without the policy's terms and the tenant's consent."""
        self._terms = allowed_by(self.policy, self.declared)

    async def run(self) -> Report:
        """Sends until something speaks against it, or nothing is left."""
        sent = 0
        while True:
            with self.store.read() as conn:
                rollout, why = self._standing(conn)
                chosen = None if rollout is None or why else self._next(conn, rollout)
            if rollout is None or why:
                return Report(sent, why)
            if chosen is None:
                return Report(sent, "nothing is left that could be sent again")
            away = await self._one(chosen, rollout)
            if away:
                return Report(sent, away)
            sent += 1
            await self.rest(3600 / self._terms.per_hour)

    def _standing(self, conn: Connection) -> tuple[Rollout | None, str]:
        """The rollout as it stands, and why nothing is sent for it now."""
        key = (self.declared.tenant, self.declared.route.value)
        saved = history.rollouts(conn).get(key)
        if saved is None or saved.rollout.stage is not Stage.MIRROR:
            return None, "it is not in mirror: nothing is gathered there"
        rollout = saved.rollout
        if rollout.candidate != candidate_fingerprint(self.policy, self.declared):
            return rollout, "the policy names another candidate than the one in mirror"
        if self._switched(conn):
            return rollout, "an emergency is on, or the candidate is drained"
        if kept := self._kept_back(conn, rollout):
            return rollout, kept
        zone = self.policy.terms_of(self.declared).coverage.zone
        return rollout, nights.why_not(self._terms, zone, self._night(conn, rollout))

    def _switched(self, conn: Connection) -> bool:
        found, upstream = switches.read(conn), self.declared.candidate.upstream
        key = (self.declared.tenant, self.declared.route.value)
        drained = any(one.upstream == upstream for one in found.drains)
        return drained or any(one.concerns(key) for one in found.emergencies)

    def _kept_back(self, conn: Connection, rollout: Rollout) -> str:
        """Whom people, or what was seen of the candidate, keep from being asked; "" for nobody."""
        seen = sightings.unanswered(conn).get(rollout.key)
        if seen is not None:
            return f"another answered in the name of the candidate: {seen.what}"
        if rollout.held_by:
            return f"it is held by {rollout.held_by}: {rollout.hold_reason}"
        if self.policy.tenants[rollout.tenant].pinned is not None:
            return "the policy pins the tenant"
        return incidents.holding(incidents.unclosed(conn), rollout.key, self.declared.candidate)

    def _night(self, conn: Connection, rollout: Rollout) -> Night:
        now_us = self.now_us()
        seen = tables.observation.c
        live = conn.execute(
            select(func.count()).where(
                seen.tenant == rollout.tenant,
                seen.route == rollout.route,
                seen.epoch == rollout.epoch,
                ~seen.session.startswith(resent.SESSION),
            )
        ).scalar_one()
        return Night(
            now_us,
            sent=resent.requests_since(conn, rollout.key, now_us - DAY_US),
            resent=resent.sessions(conn, rollout.key, rollout.epoch),
            live=int(live),
            busy=self._busy(conn, now_us),
        )

    def _busy(self, conn: Connection, now_us: int) -> int:
        """Clients' requests of the last minute of all rollouts with the same candidate's upstream."""
        upstream = self.declared.candidate.upstream
        pairs = [
            (one.tenant, one.route.value)
            for one in self.policy.rollouts
            if one.candidate.upstream == upstream
        ]
        count = select(func.count()).where(
            stored.c.accepted_us > now_us - MINUTE_US,
            tuple_(stored.c.tenant, stored.c.route).in_(pairs),
        )
        return int(conn.execute(count).scalar_one())

    def _next(self, conn: Connection, rollout: Rollout) -> Exchange | None:
        """The next request of the newest conversation that is not sent whole, its first first."""
        basis = rules_of(self.policy, self.declared).basis
        for session in self._conversations(conn, rollout):
            for id in self._of_session(conn, rollout, session):
                if id in self._passed:
                    continue
                found = self._loaded(conn, id)
                if found is not None and usable(found, asked_again=basis is Basis.NOISE):
                    return found
                self._passed.add(id)
        return None

    def _loaded(self, conn: Connection, id: str) -> Exchange | None:
        try:
            return exchanges.load(conn, id, self.sealer)
        except SealBroken:  # its payload is not kept any more
            return None

    def _conversations(self, conn: Connection, rollout: Rollout) -> Iterator[str]:
        """Sessions with requests that were not sent, the newest first."""
        rows = conn.execute(
            select(stored.c.session)
            .where(*_unsent(rollout), stored.c.id.not_in(self._passed))
            .group_by(stored.c.session)
            .order_by(func.max(stored.c.accepted_us).desc())
            .limit(_PAGE)
        )
        yield from rows.scalars().all()

    def _of_session(self, conn: Connection, rollout: Rollout, session: str) -> Sequence[str]:
        """Its requests that were not sent, of those that make up a session as evidence."""
        first = (
            select(stored.c.id)
            .where(stored.c.tenant == rollout.tenant, stored.c.route == rollout.route)
            .where(stored.c.session == session, stored.c.accepted_us < rollout.since_us)
            .order_by(stored.c.accepted_us, stored.c.id)
            .limit(self.policy.terms_of(self.declared).sessions.exchanges)
        )
        unsent = select(stored.c.id).where(*_unsent(rollout), stored.c.id.in_(first))
        return conn.execute(unsent.order_by(stored.c.accepted_us, stored.c.id)).scalars().all()

    async def _one(self, exchange: Exchange, rollout: Rollout) -> str:
        """Sends one and records what came of it; why the candidate could not be asked, "" where it was."""
        accept = exchange.accept
        to = choose(self.policy, self.declared, Side.CANDIDATE, accept.requested_model)
        timeout_s = self.policy.terms_of(self.declared).sampling.timeout_s
        reply = await send(
            self.sender, accept, Leg.SHADOW, to, timeout_s, self.policy.deployment
        )
        if reply.end in _AWAY:
            return f"the candidate could not be asked: {reply.end} {reply.error}".strip()
        again = Exchange(accept, {**_kept(exchange), Leg.SHADOW: reply})
        (found,) = self.scorer.score([cases.of(again)])
        key = recorded_key(accept, again.replies[Leg.SERVED])
        with self.store.write() as conn:
            sightings.note(conn, accept.tenant, accept.route, reply)
            saved = history.rollouts(conn).get(rollout.key)
            if saved is None or saved.rollout.epoch != rollout.epoch:
                return "the rollout moved meanwhile"
            resent.record(conn, accept, rollout.epoch, self.now_us(), found, key)
        return ""


def allowed_by(policy: Policy, declared: Declared) -> Resend:
    """The terms under which stored requests may be sent again. Raises NotAllowed."""
    terms = policy.terms_of(declared).low_traffic.resend
    if terms is None:
        raise NotAllowed("the policy does not ask for it: write `terms.low_traffic.resend`")
    if not policy.tenants[declared.tenant].resend:
        raise NotAllowed(
            f"tenant {declared.tenant} did not consent: write `tenants.{declared.tenant}.resend: true`"
        )
    return terms


def usable(exchange: Exchange, *, asked_again: bool) -> bool:
    """Whether a stored request can be sent again and compared; `asked_again`: with the primary's second answer."""
    served, reask = (exchange.replies.get(leg) for leg in (Leg.SERVED, Leg.REASK))
    if not _of_primary(served) or (asked_again and not _of_primary(reask)):
        return False
    return not offers_tools(exchange.accept)


def _of_primary(reply: Reply | None) -> bool:
    whole = reply is not None and reply.answered and reply.large is None
    return whole and reply is not None and reply.side is Side.PRIMARY and not reply.body_cut


def offers_tools(accept: Accept) -> bool:
    """Whether a request offers the model tools, which may have effects elsewhere; also where nobody can tell."""
    if accept.large is not None or not accept.body:
        return True
    try:
        told: object = json.loads(accept.body)
    except (ValueError, RecursionError):
        return True
    return not isinstance(told, dict) or bool(_TOOLS & told.keys())


def _kept(exchange: Exchange) -> dict[Leg, Reply]:
    """What the primary answered, then and when it was asked again."""
    return {
        leg: reply for leg, reply in exchange.replies.items() if leg in (Leg.SERVED, Leg.REASK)
    }


def _unsent(rollout: Rollout) -> tuple[ColumnElement[bool], ...]:
    """Stored requests from before a mirror that the primary served and that were not sent again in it."""
    again = exists().where(
        resent.sent.c.exchange_id == stored.c.id, resent.sent.c.epoch == rollout.epoch
    )
    return (
        stored.c.tenant == rollout.tenant,
        stored.c.route == rollout.route,
        stored.c.accepted_us < rollout.since_us,
        stored.c.serving == Side.PRIMARY.value,
        stored.c.outcome.in_([one.value for one in _OUTCOMES]),
        ~again,
    )
