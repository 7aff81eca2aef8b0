"""What upstreams have in flight, what waits, what was shed and which breakers are open: for people and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection

from compare.meanings import of_alone
from mirror import backlog, board
from mirror.backlog import Waiting
from mirror.capacity import SERVED, Load, Rank
from mirror.journal import breakers
from mirror.journal.breakers import OpenBreaker
from mirror.proxy.metrics import TYPES, Sample, load_samples, page
from policies.capacity import Capacity

_TYPES = {
    **{name: TYPES[name] for name in TYPES if name.startswith("crossfade_upstream_")},
    "crossfade_backlog": ("gauge", "Exchanges that wait for a copy, a second answer or a score."),
    "crossfade_backlog_oldest_seconds": ("gauge", "How long ago the oldest of them was accepted."),
    "crossfade_shed_total": ("counter", "Exchanges whose copy was given up."),
    "crossfade_breaker_open_seconds": ("gauge", "For how long a circuit breaker has been open, in one proxy at least."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """One moment. `caps` are the policy's, by upstream, empty where no policy is at hand.

    `shed` counts exchanges by tenant, route and reason, since the store began.
    """

    at_us: int
    loads: Mapping[str, Load]
    caps: Mapping[str, Capacity]
    waiting: tuple[Waiting, ...]
    shed: Mapping[tuple[str, str, str], int]
    breakers: tuple[OpenBreaker, ...] = ()

    def body(self) -> dict[str, object]:
        """As JSON types."""
        waiting = [asdict(one) | {"oldest_s": self._age_s(one)} for one in self.waiting]
        shed = [
            {
                "tenant": tenant,
                "route": route,
                "reason": reason,
                "why": of_alone(reason),
                "exchanges": count,
            }
            for (tenant, route, reason), count in self.shed.items()
        ]
        breakers = [
            {
                "tenant": one.tenant,
                "route": one.route,
                "upstream": one.upstream,
                "open_s": self._since_s(one.since_us),
            }
            for one in self.breakers
        ]
        return {
            "upstreams": self._upstreams(),
            "backlog": waiting,
            "shed": shed,
            "breakers": breakers,
        }

    def text(self) -> str:
        """The page that Prometheus reads."""
        return page(_TYPES, self._samples())

    def _upstreams(self) -> list[dict[str, object]]:
        return [
            {
                "upstream": name,
                "cap": self.caps[name].in_flight if name in self.caps else None,
                "in_flight": {rank.word: load.in_flight[rank] for rank in Rank},
                "waiting": {rank.word: load.waiting[rank] for rank in SERVED},
            }
            for name, load in sorted(self._known().items())
        ]

    def _samples(self) -> Iterator[Sample]:
        for name, load in sorted(self._known().items()):
            yield from load_samples(name, load, self.caps.get(name, Capacity()))
        for one in self.waiting:
            labels = (("tenant", one.tenant), ("route", one.route), ("kind", one.kind))
            yield "crossfade_backlog", labels, one.count
            yield "crossfade_backlog_oldest_seconds", labels, self._age_s(one)
        for (tenant, route, reason), count in self.shed.items():
            of = (("tenant", tenant), ("route", route), ("reason", reason))
            yield "crossfade_shed_total", of, count
        for trip in self.breakers:
            at = (("tenant", trip.tenant), ("route", trip.route), ("upstream", trip.upstream))
            yield "crossfade_breaker_open_seconds", at, self._since_s(trip.since_us)

    def _known(self) -> dict[str, Load]:
        return {name: Load() for name in self.caps} | {
            name: load
            for name, load in self.loads.items()
            if name in self.caps or not self.caps  # not what an older policy left there
        }

    def _age_s(self, one: Waiting) -> float:
        return self._since_s(one.oldest_us)

    def _since_s(self, us: int) -> float:
        return max(0, self.at_us - us) / 1e6


def report(conn: Connection, folder: Path, caps: Mapping[str, Capacity], at_us: int) -> Report:
    """What the store and the processes of a data folder tell now; `folder` is where the latter do."""
    try:
        loads = board.seen(folder)
    except OSError:  # it is the page's own fault then that it shows nothing in flight
        loads = {}
    waiting, shed = backlog.waiting(conn), backlog.shed_so_far(conn)
    return Report(at_us, loads, caps, waiting, shed, breakers.open_now(conn))
