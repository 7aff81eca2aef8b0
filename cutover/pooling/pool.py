"""The pool: what the sessions of all tenants of one model have shown in mirror, gate by gate.

Only tenants that allow it take part, to give as to take. A stage that begins takes its bets from it, and where the policy
asks, a promotion out of mirror may rest on it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from cutover.evidence import bets
from cutover.evidence.bets import EVENLY_SPREAD, Spread
from cutover.evidence.dossier import rules_of
from cutover.evidence.gates import Basis, log_promote_at
from cutover.evidence.observation import Rules
from cutover.evidence.sessions import SECOND_US
from cutover.pooling import mirrors
from cutover.pooling.mirrors import Alike, Mirror
from cutover.pooling.pooled import Part, Pooled, capped, together
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.tenure import Storage
from mirror.candidate import candidate_fingerprint
from policies.low_traffic import BetsFrom
from policies.policy import Policy
from policies.policy import Rollout as Declared

REFRESH_US = 10 * SECOND_US
"""What was read so lately is not read again: a fleet may begin all at once."""

WEIGHTED = (Stage.MIRROR, Stage.CANARY)
"""The stages that end by a promotion, and so have bets to weight."""


@dataclass(slots=True)
class Known:
    """The mirrors of one pool as they were read last, and what they show together, by their comparators."""

    mirrors: list[Mirror] = field(default_factory=list)
    pooled: dict[str, Pooled] = field(default_factory=dict)
    read_us: int | None = None


class Pool:
    """Reads what tenants of one model showed. Not thread-safe; what is recorded never changes, so it is read once."""

    def __init__(self, policy: Policy, store: Storage) -> None:
        self._policy, self._store = policy, store
        self._known: dict[Alike, Known] = {}
        self._demanded: dict[
            tuple[int, Basis], str
        ] = {}  # most rollouts share the policy's terms

    def spread(self, declared: Declared | None, after: Rollout) -> Spread:
        """How a standing that begins now, by a move to `after`, spreads its bets.

        Of other tenants' sessions alone, all of them recorded before this one has any.
        """
        if declared is None or after.stage not in WEIGHTED or not self._takes_part(declared):
            return EVENLY_SPREAD
        rules = rules_of(self._policy, declared)
        if rules.terms.low_traffic.bets is BetsFrom.UNIFORM:
            return EVENLY_SPREAD
        known = self._read(declared, rules, after.since_us)
        others = [one for one in known.mirrors if one.tenant != declared.tenant and one.read]
        return _spread(rules, others)

    def pooled(
        self, declared: Declared, rollout: Rollout, comparators: str, now_us: int
    ) -> Pooled | None:
        """What a promotion may rest on besides its own sessions; None where the policy asks for nothing.

        Of mirrors compared with the same `comparators` as the rollout's own.
        """
        rules = rules_of(self._policy, declared)
        asks = rules.terms.low_traffic.pooled_gate and rollout.stage is Stage.MIRROR
        if not asks or not self._takes_part(declared):
            return None
        known = self._read(declared, rules, now_us)
        if comparators not in known.pooled:
            same = [one for one in known.mirrors if one.comparators == comparators]
            undone = {one.tenant for one in known.mirrors if one.undone}
            known.pooled[comparators] = _together(rules, same, undone)
        return known.pooled[comparators]

    def _takes_part(self, declared: Declared) -> bool:
        return self._policy.tenants[declared.tenant].pool

    def _read(self, declared: Declared, rules: Rules, now_us: int) -> Known:
        alike = self._alike(declared)
        known = self._known.setdefault(alike, Known())
        if known.read_us is None or abs(now_us - known.read_us) >= REFRESH_US:
            with self._store.read() as conn:
                tenants = self._tenants(alike)
                known.mirrors = mirrors.found(conn, alike, tenants, rules, known.mirrors)
            known.read_us, known.pooled = now_us, {}
        return known

    def _alike(self, declared: Declared) -> Alike:
        rules = rules_of(self._policy, declared)
        place = (id(rules.terms), rules.basis)
        if place not in self._demanded:
            told = rules.terms.model_dump_json(include={"gates", "sessions", "coverage"})
            self._demanded[place] = f"{rules.basis} {told}"
        return Alike(
            declared.route.value,
            candidate_fingerprint(self._policy, declared),
            (declared.primary.upstream, declared.primary.model),
            self._demanded[place],
        )

    def _tenants(self, alike: Alike) -> frozenset[str]:
        """Those of the policy that are in a pool."""
        some = [one for one in self._policy.rollouts if one.route.value == alike.route]
        return frozenset(
            [one.tenant for one in some if self._takes_part(one) and self._alike(one) == alike]
        )


def _spread(rules: Rules, others: Sequence[Mirror]) -> Spread:
    weights = {}
    for demand in rules.demands:
        shown = [one.shown[demand.name] for one in others if one.shown[demand.name].n]
        if shown:
            gained = [sum(logs) for logs in zip(*[one.logs for one in shown], strict=True)]
            weights[demand.name] = bets.favoured(gained, log_promote_at(rules.terms))
    sessions = sum([one.read for one in others])
    return Spread(weights, len({one.tenant for one in others}), sessions)


def _together(rules: Rules, same: Sequence[Mirror], undone: Collection[str]) -> Pooled:
    """What mirrors show together; a rollback of one says that the tenants are not alike, until a person lets that one go on."""
    read: dict[str, int] = {}
    for one in same:
        read[one.tenant] = read.get(one.tenant, 0) + one.read
    left = capped(read)
    parts: dict[tuple[str, int], Part] = {}
    for one in sorted(same, key=lambda mirror: (mirror.tenant, mirror.epoch)):
        counts = min(left[one.tenant], one.read)
        left[one.tenant] -= counts
        parts[one.tenant, one.epoch] = one.first(rules, counts)
    against = (
        f"{min(undone)} was rolled back, and nobody has let it go on since: its tenants are not alike"
        if undone
        else ""
    )
    return together(parts, sum([bool(number) for number in read.values()]), against)
