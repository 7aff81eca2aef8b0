"""Looking at every upstream's servers, and writing down when one's capacity is halved or whole again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from cutover import clocks
from cutover.approving.approvals import digest
from cutover.controller import Controller
from cutover.lease import LeaseLost
from cutover.refusals import StandsBy
from cutover.servers import kept
from cutover.servers.condition import Condition, Watched
from cutover.servers.facts import facts
from cutover.servers.watch import Watch
from mirror.journal.store import StoreError
from policies.capacity import Capacity
from policies.policy import Upstream

CHANGED = "what the policy declares of it has changed"
log = logging.getLogger("crossfade.servers")
UNWRITTEN = "how the servers are is not written down"


@dataclass(slots=True)
class Keeper:
    """The conditions of one controller's upstreams. `step` is called about once a second."""

    controller: Controller
    watch: Watch
    steady_us: Callable[[], int] = clocks.steady_us
    _watched: dict[str, Watched] | None = None
    _looked: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def step(self) -> None:
        """Looks once at all that have new readings. A standby forgets: another writes meanwhile."""
        if not self.controller.acting:
            self._watched = None
            self.controller.outage.worked(log, UNWRITTEN)
            return
        try:
            if self._watched is None:
                self._watched = self._begun()
            for name in self.watch.upstreams:
                self._look(name, self._watched)
        except (LeaseLost, StandsBy, StoreError) as error:
            self._watched = None  # what was seen may not have been written
            self.controller.outage.failed(log, UNWRITTEN, error)
        else:
            self.controller.outage.worked(log, UNWRITTEN)

    def _begun(self) -> dict[str, Watched]:
        """What the store knows; begun anew where the policy declares another capacity or other pages."""
        cabinet, policy = self.controller.cabinet, self.controller.policy
        with cabinet.store.read() as conn:
            known = {one.upstream: one for one in kept.read(conn)}
        wanted = {name: basis(policy.upstreams[name]) for name in self.watch.upstreams}
        gone = [one for one in known.values() if wanted.get(one.upstream) != one.basis]
        if gone:
            with cabinet.writing() as conn:
                for one in gone:
                    kept.drop(conn, one.upstream)
                    if one.why:
                        upstream = policy.upstreams.get(one.upstream)
                        declared = upstream.capacity if upstream else Capacity()
                        whole = Condition(one.upstream, one.basis)
                        kept.report(conn, whole, declared, CHANGED, cabinet.now_us())
            self._publish()
        return {
            name: Watched(
                known[name]
                if name in known and known[name] not in gone
                else Condition(name, wanted[name])
            )
            for name in self.watch.upstreams
        }

    def _look(self, name: str, watched: dict[str, Watched]) -> None:
        pages = self.watch.pages(name)
        reads = tuple([page.reads for page in pages if page.tells_gpus])
        found = facts(pages)
        if found.gpus_known and reads == self._looked.get(name):
            return  # the same readings are no second look
        self._looked[name] = reads
        cabinet, upstream = self.controller.cabinet, self.controller.policy.upstreams[name]
        before, now_us = watched[name], cabinet.now_us()
        after = before.look(found, upstream.signals.quiet_s, self.steady_us(), now_us)
        if _told(after.condition) != _told(before.condition):
            with cabinet.writing() as conn:
                kept.keep(conn, after.condition)
                if after.condition.factor != before.condition.factor:
                    why = (
                        after.condition.why
                        or f"none was seen for {upstream.signals.quiet_s:g} s"
                    )
                    kept.report(conn, after.condition, upstream.capacity, why, now_us)
        watched[name] = after
        if after.condition.factor != before.condition.factor:
            self._publish()

    def _publish(self) -> None:
        """At once: what an upstream takes must not wait for the next tick."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            cabinet.look_around()
            self.controller.publish()


def _told(condition: Condition) -> dict[str, object]:
    """What is worth writing: not each degree of a hot GPU."""
    return asdict(condition) | {"why": bool(condition.why)}


def basis(upstream: Upstream) -> str:
    """A digest of what a condition rests on: another is another machine, and is looked at anew."""
    return digest(
        {
            "capacity": upstream.capacity.model_dump(mode="json"),
            "metrics": [page.model_dump(mode="json") for page in upstream.metrics],
        }
    )
