"""The comparison worker: claims exchanges whose replies are all in, scores them, and settles them.

What a comparison changes (its row, the exchange's outcome, its event, the finished work) is one
transaction, so that a killed worker leaves an exchange either compared or waiting. Any number of
workers may run: a lease keeps them apart, and who lost the lease writes nothing.
"""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from compare import calibrations, cases, encoders, ledger, legs, opinions
from compare.comparison import SCORE_ERROR, Comparison
from compare.encoders.remote import EncoderAway
from compare.score import Scorer
from compare.unscored import unscored
from mirror import unpaired
from mirror.exchange import Leg, Outcome
from mirror.journal import events, exchanges, locked, queue
from mirror.journal.exchanges import Exchange
from mirror.journal.home import Home
from mirror.journal.keys.port import KeyLost
from mirror.journal.queue import Claim, Kind
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError
from mirror.outage import Outage
from mirror.purse import Purse, write_down
from policies.policy import Policy

BATCH = 16
LEASE_US = 60_000_000
ATTEMPTS = 3
AGAIN_US = 5_000_000
IDLE_S = 0.2
KEY_AGAIN_US = 60_000_000
AWAY = "Away"
LOST = "KeyLost"
UNREAD = "answers cannot be read, and wait"
_log = logging.getLogger(__name__)
ACTOR = {"kind": "service", "name": "worker"}


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one claim. Without a comparison `error` names the class of what broke it."""

    claim: Claim
    exchange: Exchange | None
    comparison: Comparison | None
    error: str = ""

    @property
    def tenant(self) -> str:
        """Whose exchange; empty where it could not even be loaded."""
        return self.exchange.accept.tenant if self.exchange else ""


@dataclass(slots=True)
class ScoreWorker:
    """Scores waiting exchanges, a batch at a time. `now_us` reads UTC microseconds.

    With a `purse`, what the primary would have charged for the candidate's answers is counted.
    """

    store: Store
    sealer: Sealer
    scorer: Scorer
    owner: str
    now_us: Callable[[], int]
    purse: Purse | None = None
    outage: Outage = field(default_factory=Outage)
    _calibrated: int = field(default=0, init=False)

    def step(self) -> int:
        """Score one batch; how many exchanges were taken from the queue.

        Work that was claimed before may be what killed its worker. It is scored alone and settled
        at once, so that it takes nobody with it, and given up after `ATTEMPTS`.
        """
        self._calibrate()
        claims = self._claimed(1)
        if claims and claims[0].attempts == 1:
            claims += self._claimed(BATCH - 1)
        fresh = [claim for claim in claims if claim.attempts == 1]
        if fresh:
            self._settled(self._scored([self._loaded(claim) for claim in fresh]))
        for claim in claims:
            if claim.attempts > ATTEMPTS:
                self._settled([Scored(claim, None, None, "WorkerKilled")])
            elif claim.attempts > 1:
                self._settled(self._scored([self._loaded(claim)]))
        return len(claims)

    def _calibrate(self) -> None:
        """Takes up calibrations that came since the last batch."""
        with self.store.read() as conn:
            newest = calibrations.newest(conn)
            if newest != self._calibrated:
                found = calibrations.in_force(conn)
                self.scorer = replace(self.scorer, calibrations=found)
        self._calibrated = newest

    def _claimed(self, limit: int) -> list[Claim]:
        with self.store.write() as conn:
            return queue.claim(conn, Kind.SCORE, self.owner, self.now_us(), LEASE_US, limit)

    def _settled(self, scored: Sequence[Scored]) -> None:
        # One tenant a transaction: a transaction that waits for two tenants' event sequences could
        # wait for somebody who holds the one and waits for the other.
        by_tenant = sorted(scored, key=lambda one: one.tenant)
        for _, group in itertools.groupby(by_tenant, key=lambda one: one.tenant):
            some = list(group)
            with self.store.write() as conn:
                locked.lock_all(conn, {one.claim.exchange_id for one in some})
                for one in some:
                    self._settle(conn, one)

    def _loaded(self, claim: Claim) -> Scored:
        try:
            with self.store.read() as conn:
                exchange = exchanges.load(conn, claim.exchange_id, self.sealer)
        except KeyLost:
            return Scored(claim, None, None, LOST)
        except StoreError as error:  # no fault of the answers: they lose no attempt by it
            self.outage.failed(_log, UNREAD, error)
            return Scored(claim, None, None, AWAY)
        except Exception as error:  # a payload nobody can open must not stop the others
            return Scored(claim, None, None, type(error).__name__)
        self.outage.worked(_log, UNREAD)
        return Scored(claim, exchange, None)

    def _scored(self, loaded: Sequence[Scored]) -> list[Scored]:
        whole = [one for one in loaded if one.exchange is not None]
        broken = [one for one in loaded if one.exchange is None]
        try:
            return broken + self._compared(whole)
        except EncoderAway as away:  # they wait for it, and none of them loses an attempt
            _log.warning("an encoder is away, and what it reads waits: %s", away)
            return broken + [replace(one, error=AWAY) for one in whole]
        except Exception:  # one of them breaks a comparator: find it by asking one at a time
            return broken + [self._alone(one) for one in whole]

    def _compared(self, loaded: Sequence[Scored]) -> list[Scored]:
        known = [(one.claim, one.exchange) for one in loaded if one.exchange is not None]
        comparisons = self.scorer.score([cases.of(exchange) for _, exchange in known])
        return [
            Scored(claim, exchange, comparison)
            for (claim, exchange), comparison in zip(known, comparisons, strict=True)
        ]

    def _alone(self, one: Scored) -> Scored:
        try:
            return self._compared([one])[0]
        except EncoderAway:  # said by the next whole batch
            return replace(one, error=AWAY)
        except Exception as error:
            return Scored(one.claim, one.exchange, None, type(error).__name__)

    def _settle(self, conn: Connection, one: Scored) -> None:
        if one.exchange is not None and one.comparison is not None:
            if queue.finish(conn, one.claim):
                self._record(conn, one.exchange, one.comparison)
        elif one.error == AWAY:
            queue.put_back(conn, one.claim, self.now_us() + AGAIN_US, counts=False)
        elif one.error == LOST:  # it waits for the key, and is given up by nobody
            queue.put_back(conn, one.claim, self.now_us() + KEY_AGAIN_US, counts=False)
        elif one.claim.attempts < ATTEMPTS:
            queue.put_back(conn, one.claim, self.now_us() + AGAIN_US)
        elif queue.finish(conn, one.claim):
            self._give_up(conn, one)

    def _give_up(self, conn: Connection, one: Scored) -> None:
        """Of answers that break what compares, who gave one and how fast is known, and that a score is missing."""
        id = one.claim.exchange_id
        exchange = exchanges.load(conn, id, None)  # a payload may be what breaks
        accept = exchange.accept
        found = unscored(exchange, self.scorer.yardstick(accept.tenant, accept.route))
        ledger.record(conn, exchange, found, self.sealer, self.now_us())
        exchanges.settle(conn, id, Outcome.FAILED, SCORE_ERROR)
        self._report(conn, accept.tenant, id, "failed", {"error": one.error})

    def _record(self, conn: Connection, exchange: Exchange, comparison: Comparison) -> None:
        number = ledger.record(conn, exchange, comparison, self.sealer, self.now_us())
        if comparison.sample is not None:
            key = (exchange.accept.tenant, exchange.accept.route)
            calibrations.add(conn, exchange.accept.id, key, comparison.sample)
        alone = comparison.unpaired
        self._count_avoided(conn, exchange)
        outcome = unpaired.outcome(alone) if alone else Outcome.COMPARED
        exchanges.settle(conn, exchange.accept.id, outcome, alone)
        details: dict[str, events.Value] = {
            **_standing(exchange),
            "number": number,
            "attribution": comparison.attribution.value,
            "equivalence": _said(comparison.equivalence),
            "noise_floor": _said(comparison.noise_floor),
            "missing": comparison.missing,
            "unpaired": comparison.unpaired,
            "flags": [f"{flag.code}:{flag.severity}" for flag in comparison.flags],
            "comparators": comparison.comparators,
            **_sides(legs.of(exchange.replies)),
        }
        self._report(conn, exchange.accept.tenant, exchange.accept.id, "ok", details)

    def _count_avoided(self, conn: Connection, exchange: Exchange) -> None:
        accept, served = exchange.accept, exchange.replies.get(Leg.SERVED)
        if self.purse is None or served is None:
            return
        rollout = self.purse.policy.rollout_of(accept.tenant, accept.route)
        if rollout is not None:
            saved = self.purse.avoided(rollout, accept, served)
            write_down(conn, self.now_us(), [saved])

    def _report(
        self,
        conn: Connection,
        tenant: str,
        exchange_id: str,
        outcome: str,
        details: dict[str, events.Value],
    ) -> None:
        events.append(
            conn,
            tenant=tenant,
            type="comparison.scored",
            actor=ACTOR,
            object={"kind": "exchange", "id": exchange_id},
            at_us=self.now_us(),
            outcome=outcome,
            reason="" if outcome == "ok" else SCORE_ERROR,
            details=details,
        )


def run(policy: Policy, home: Home, stop: threading.Event) -> None:
    """Score what waits until `stop` is set. Raises `encoders.WeightsError` where a model is missing.

    Raises `OffPremises` where an upstream of the policy may not be asked about answers.
    """
    scorer = Scorer(encoders.load(policy.encoders, policy), opinions=opinions.load(policy))
    worker = ScoreWorker(
        store=Store.open(home.store_url),
        sealer=Sealer.open(home),
        scorer=scorer,
        owner=f"score-{os.getpid()}-{secrets.token_hex(4)}",
        now_us=lambda: time.time_ns() // 1000,
        purse=Purse(policy),
    )
    while not stop.is_set():
        if not worker.step():
            stop.wait(IDLE_S)


def _standing(exchange: Exchange) -> dict[str, events.Value]:
    """Where the exchange stood: its route, stage and epoch, and the side that answered the client."""
    accept = exchange.accept
    return {
        "route": accept.route,
        "stage": accept.stage,
        "epoch": accept.epoch,
        "serving": accept.serving.value,
    }


def _sides(sides: legs.Legs) -> dict[str, events.Value]:
    """Both sides' models and times, as far as they are known, and the side whose copy was late."""
    models = {
        f"{name}_model": reply.served_model or reply.model
        for name, reply in (("primary", sides.primary), ("candidate", sides.candidate))
        if reply is not None
    }
    times = {name: us for name, us in sides.times().items() if us is not None}
    return {**models, **times, "late": sides.late}


def _said(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}"
