"""Whether a candidate's server has room for a wider share, from what was measured of all who share it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select

from compare import ledger
from cutover import demand
from cutover.cabinet import Cabinet, File
from cutover.decide import onward
from cutover.demand import HOUR_US, HOURS, Busy
from cutover.emergency.switches import Switches
from cutover.evidence.news import News
from cutover.history import Key
from cutover.plans import exposure
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.tenure import Storage
from mirror.exchange import Side, exchange_id
from policies.policy import Policy, Step

AGAIN_US = 600_000_000
_SERVING = (Stage.CANARY, Stage.LIVE)


@dataclass(slots=True)
class Room:
    """What is in flight at the upstreams whose capacity the policy gives, and what they are sent at each share."""

    policy: Policy
    _keys: dict[str, list[Key]] = field(default_factory=dict)  # of capped upstreams
    _busy: dict[Key, Busy] = field(default_factory=dict)
    _upto: int | None = None  # the comparison up to which they were counted
    _shares: dict[tuple[Key, int], tuple[int, float]] = field(default_factory=dict)  # and when
    _served: dict[str, float] = field(default_factory=dict)  # until something moves

    def __post_init__(self) -> None:
        """Finds whose load matters."""
        for one in self.policy.rollouts:
            if self.policy.upstreams[one.candidate.upstream].capacity.in_flight is not None:
                key = (one.tenant, one.route.value)
                self._keys.setdefault(one.candidate.upstream, []).append(key)

    def accepted(self, switches: Switches, upstream: str) -> int | None:
        """Requests in flight that an upstream may be given now; None for any number."""
        whole = self.policy.upstreams[upstream].capacity
        factors = [one.factor for one in switches.halved if one.upstream == upstream]
        return whole.accepting(min(factors, default=1.0)).in_flight

    def hear(self, news: News, *, anew: bool) -> None:
        """Counts what was compared since the last tick. `anew`: there may be a gap between the two."""
        self._served.clear()
        if anew:
            self._upto = None
        if self._upto is None:
            return
        for (tenant, route, _), rows in news.rows.items():
            busy = self._busy.get((tenant, route))
            if busy is None:
                continue
            for row in rows:
                if row.number > self._upto and row.candidate_us is not None:
                    copy = row.serving != Side.CANDIDATE
                    busy.add(row.accepted_us, row.candidate_us, copy=copy)
        self._upto = max(self._upto, news.upto)

    def moved(self) -> None:
        """Some rollout's share is another now."""
        self._served.clear()

    def short(self, cabinet: Cabinet, file: File) -> str:
        """Why the next move of a rollout is more than its candidate's server takes; "" where there is room."""
        declared = file.declared
        signal = onward(file.rollout, cabinet.terms(file))
        if declared is None or signal is None:
            return ""
        upstream, steps = declared.candidate.upstream, cabinet.terms(file).steps
        accepted, now_us = self.accepted(cabinet.switches, upstream), cabinet.now_us()
        if accepted is None:
            return ""
        if self._upto is None:
            self._count(cabinet.store, now_us)
        before, after = file.rollout.share(steps), file.rollout.after(signal, now_us)
        share = self._begun(cabinet.store, before, after, steps)
        load = self._load(file.rollout.key, now_us)
        if load is None:
            return demand.unknown(upstream, share)
        more = (share - before) / 100 * load
        return demand.short(upstream, self._now(cabinet, upstream), more, accepted, share)

    def _begun(
        self, store: Storage, before: float, after: Rollout, steps: tuple[Step, ...]
    ) -> float:
        """The share of a step; one that is given in sessions is reckoned anew every ten minutes."""
        if not exposure.asked(after, steps):
            return max(before, after.share(steps))
        at = (after.key, after.epoch)
        kept_us, share = self._shares.get(at, (0, 0.0))
        if abs(after.since_us - kept_us) > AGAIN_US:
            with store.read() as conn:
                share = exposure.begun(conn, before, after, steps, 0.0)
            self._shares[at] = (after.since_us, share)
        return share

    def _now(self, cabinet: Cabinet, upstream: str) -> float:
        """In flight at an upstream in a busy hour, at the shares of now."""
        if upstream not in self._served:
            now_us = cabinet.now_us()
            files = [cabinet.files.get(key) for key in self._keys[upstream]]
            serving = [one for one in files if one and one.rollout.stage in _SERVING]
            self._served[upstream] = sum(
                [
                    self._serves(
                        one.rollout.key, one.rollout.share(cabinet.terms(one).steps), now_us
                    )
                    for one in serving
                ]
            )
        return self._served[upstream]

    def _serves(self, key: Key, share: float, now_us: int) -> float:
        """What a candidate has in flight for one rollout at a share; as it was where all of it is not known."""
        load = self._load(key, now_us)
        if load is not None:
            return share / 100 * load
        return self._busy[key].in_flight(now_us) if key in self._busy else 0.0

    def _load(self, key: Key, now_us: int) -> float | None:
        """All of a rollout's requests in flight in its busiest hour, as if the candidate answered them; None where nobody knows."""
        declared, busy = self.policy.rollout_of(*key), self._busy.get(key)
        if declared is None or busy is None or not busy.known(now_us):
            return None
        copied = self.policy.terms_of(declared).sampling.shadow_percent / 100
        return busy.in_flight(now_us, copied) if copied else None

    def _count(self, store: Storage, now_us: int) -> None:
        """Counts anew, from the store."""
        table = ledger.comparisons.c
        since_us = max(0, now_us - HOURS * HOUR_US)
        hour = table.accepted_us // HOUR_US
        query = (
            select(table.tenant, table.route, table.serving, hour, func.sum(table.candidate_us))
            .where(table.exchange_id >= exchange_id(since_us, bytes(10)))
            .where(table.candidate_us.is_not(None))
            .group_by(table.tenant, table.route, table.serving, hour)
        )
        self._busy = {key: Busy() for keys in self._keys.values() for key in keys}
        with store.read() as conn:
            newest = conn.execute(select(func.max(table.number))).scalar_one()
            for tenant, route, serving, at, us in conn.execute(query):
                if (tenant, route) in self._busy:
                    copy = serving != Side.CANDIDATE
                    self._busy[tenant, route].add(int(at) * HOUR_US, int(us), copy=copy)
        self._upto = newest or 0
