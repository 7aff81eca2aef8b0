"""What holds a rollback up for a moment: another is undone first, or the primary itself fails.

Harm at the edge of being shown is decided at the end of the tick, when all that share the candidate were
looked at, so that their order never matters. What is clear is decided where it is seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cutover import narrowing
from cutover.cabinet import Cabinet, File
from cutover.decide import Circumstances
from cutover.evidence.dossier import COMPARING
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.verdict import Verdict
from cutover.history import Key
from cutover.people import CONTROLLER, Deed
from cutover.rollback import blame, waits
from cutover.rollback.blame import Ruling, Suspect, charge, ruling
from cutover.rollback.charged import Charged, name
from cutover.rollback.returning import Wish
from cutover.rollback.turns import Turns
from cutover.rollback.waits import Cause
from cutover.rollback.ways import Ways
from cutover.stages import Stage
from policies.policy import Policy
from policies.policy import Rollout as Declared

LONGEST_US = 1 * SECOND_US
"""So long a harmful rollout waits at most for the looks at others of the same tick."""
_TOGETHER = "decided together with the others of its candidate, at the end of this look"


@dataclass(slots=True)
class Restraint:
    """The restraint of one controller. All but `__init__` is for the thread that ticks."""

    cabinet: Cabinet
    steady_us: Callable[[], int]
    _charged: dict[Key, Charged] = field(default_factory=dict)
    _called: dict[Key, int] = field(default_factory=dict)  # since when, of this tick
    _relieved_us: dict[tuple[str, str], int] = field(default_factory=dict)  # by candidate
    _rulings: Mapping[tuple[str, str], Ruling] | None = None  # while the called are decided
    _troubled: frozenset[tuple[str, str]] = frozenset()  # slow together at the last tick
    _slow: set[tuple[str, str]] = field(default_factory=set)  # so far at this tick
    _later: frozenset[Key] = frozenset()  # of the called, whose turn is not yet
    _ways: Ways = field(init=False)
    _turns: Turns = field(init=False)
    _shared: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Finds the candidates of more than one rollout."""
        self._ways = Ways(self.cabinet)
        self._turns = Turns(self.cabinet.policy)
        self._shared = shared(self.cabinet.policy)

    def order(self, keys: Iterable[Key]) -> Iterator[Key]:
        """The rollouts of a tick, and again those that could not be decided when they were looked at."""
        self._called.clear()
        self._rulings, self._slow = None, set()
        for key in keys:
            yield key
            first_us = min(self._called.values(), default=None)
            if first_us is not None and self.steady_us() - first_us > LONGEST_US:
                yield from self._calling()
        yield from self._calling()
        self._troubled = frozenset(self._slow)

    def troubled(self, file: File) -> str:
        """Why nothing more may be sent to a rollout's candidate: some are slow together; else ""."""
        if file.declared is None or name(file.declared.candidate) not in self._troubled:
            return ""
        return "nothing with this candidate is widened while rollouts of it are slow together"

    def calls(self, key: Key) -> bool:
        """Whether a rollout is to be decided now, though nothing of it is new."""
        return self._rulings is not None and key in self._called

    def around(self, file: File, verdict: Verdict, found: Circumstances) -> Circumstances:
        """What bears on a decision, with what holds harm up or undoes a rollout for others."""
        assert file.declared is not None, "only what is declared is judged"
        mine = self._of(file, file.declared)
        mine.charge = charge(verdict, file.rollout.stage, self.cabinet.terms(file).blame)
        if self.calls(file.rollout.key):
            return self._decided(mine, found)
        if not mine.charge.harmful:
            mine.over(self.cabinet, "harm is no longer shown")
            return found
        if self._may_wait(mine):
            self._called[file.rollout.key] = self.steady_us()
            return replace(found, stays=file.stays or _TOGETHER)
        return self._returned(mine, found)

    def _of(self, file: File, declared: Declared) -> Charged:
        key, epoch = file.rollout.key, file.rollout.epoch
        mine = self._charged.get(key)
        if mine is None or mine.file is not file or mine.epoch != epoch:
            mine = self._charged[key] = Charged(file, declared, epoch)
            file.stays = ""
        return mine

    def _may_wait(self, mine: Charged) -> bool:
        """Whether others may be undone first, or go first. A candidate that fails waits for no turn."""
        some = self.cabinet.terms(mine.file).blame.wait_s > 0
        if some and not mine.charge.clear and mine.candidate in self._shared:
            return True
        return self._turns.paced(mine.declared) is not None and not self._ways.fails(mine)

    def _calling(self) -> Iterator[Key]:
        """Those that were called, and whom they have undone, the worst first."""
        if not self._called:
            return
        charged = self._charged
        called = {charged[key].candidate for key in self._called}
        self._rulings = {one: self._ruling(one) for one in called}
        for candidate, found in self._rulings.items():
            self._slow |= {candidate} if found.blamed or found.waiting else set()
            for key in found.undone:
                self._called.setdefault(key, 0)
        self._called = {key: us for key, us in self._called.items() if key in charged}
        self._later = self._waiting_turns()
        yield from sorted(self._called, key=lambda key: charged[key].place)
        self._called.clear()
        self._rulings = None

    def _waiting_turns(self) -> frozenset[Key]:
        """Of those that would go back now, those whose primary takes no more at the moment."""
        assert self._rulings is not None, "they are called"
        now_us, store = self.cabinet.now_us(), self.cabinet.store
        wishes: dict[str, list[Wish]] = defaultdict(list)
        for key in self._called:
            one = self._charged[key]
            goes = key in self._rulings[one.candidate].undone and self._ways.way(one).go
            paced = self._turns.paced(one.declared) is not None
            if goes and paced and not self._ways.fails(one):
                wishes[one.declared.primary.upstream].append(self._wish(one))
        later: set[Key] = set()
        for upstream, some in wishes.items():
            gone = self._turns.go(store, upstream, some, now_us)
            later |= {wish.key for wish in some} - gone
        return frozenset(later)

    def _wish(self, one: Charged) -> Wish:
        key, charged = one.file.rollout.key, one.charge
        return Wish(
            key,
            charged.excess,
            self._turns.brings(self.cabinet.store, key, self.cabinet.now_us()),
            one.since_us(self.cabinet, Cause.PACE),
            clear=charged.clear,
            answers=charged.answers,
        )

    def _ruling(self, candidate: tuple[str, str]) -> Ruling:
        suspects = []
        for key, one in list(self._charged.items()):
            if one.candidate != candidate:
                continue
            rollout = one.file.rollout
            gone = self.cabinet.files.get(key) is not one.file or rollout.epoch != one.epoch
            if not gone:
                suspects.append(self._suspect(key, one))
                continue
            if one.charge.slow and rollout.stage is Stage.ROLLED_BACK:
                before_us = self._relieved_us.get(candidate, 0)
                self._relieved_us[candidate] = max(before_us, rollout.since_us)
            elif rollout.stage in COMPARING or self.cabinet.files.get(key) is not one.file:
                del self._charged[key]
        return ruling(suspects, self._relieved_us.get(candidate), self.cabinet.now_us())

    def _suspect(self, key: Key, one: Charged) -> Suspect:
        terms, rollout = self.cabinet.terms(one.file).blame, one.file.rollout
        widened_us = rollout.since_us
        if one.charge.slow:  # seldom
            with self.cabinet.store.read() as conn:
                widened_us = narrowing.widened_us(conn, rollout)
        return Suspect(
            key,
            widened_us,
            one.charge,
            wait_us=round(terms.wait_s * SECOND_US),
            within_us=round(terms.widened_within_s * SECOND_US),
            since_us=one.since_us(self.cabinet, Cause.BLAME) if one.charge.harmful else None,
        )

    def _decided(self, mine: Charged, found: Circumstances) -> Circumstances:
        """What the ruling on its candidate comes to for one rollout."""
        assert self._rulings is not None, "it was called"
        ruled, key = self._rulings[mine.candidate], mine.file.rollout.key
        until_us = ruled.waiting.get(key)
        if until_us is not None and mine.charge.harmful:
            left_s = (until_us - self.cabinet.now_us()) / SECOND_US
            why = blame.later(ruled, left_s)
            return self._wait(mine, found, Cause.BLAME, why, until_us)
        if mine.charge.harmful or key == ruled.blamed:
            return self._returned(mine, found, ruled)
        return found

    def _returned(
        self, mine: Charged, found: Circumstances, ruled: Ruling | None = None
    ) -> Circumstances:
        """A rollback that waits for no other: it goes where its primary is well."""
        way = self._ways.way(mine)
        if not way.go:
            return self._wait(mine, found, Cause.PRIMARY, f"not rolled back: {way.alarm}")
        if ruled is not None and mine.file.rollout.key in self._later:
            now_us = self.cabinet.now_us()
            why = self._turns.sentence(self.cabinet.store, mine.declared, now_us)
            return self._wait(mine, found, Cause.PACE, why)
        mine.over(self.cabinet, "it is rolled back")
        deed = Deed(CONTROLLER, self.cabinet.now_us(), way.alarm)
        if way.alarm:
            with self.cabinet.changing(mine.file) as conn:
                waits.alarm(conn, mine.file.rollout, deed)
        if ruled is None or ruled.blamed != mine.file.rollout.key:
            return found
        since_us = mine.file.rollout.since_us
        which = blame.first(ruled, (deed.at_us - since_us) / SECOND_US)
        if ruled.together > 1:
            with self.cabinet.changing(mine.file) as conn:
                name, blamed = "/".join(mine.candidate), mine.file.rollout.key
                waits.blame(conn, name, blamed, ruled.waiting, replace(deed, reason=which))
        if mine.charge.harmful:
            return found
        return self._undone(mine, found, which, deed.at_us)

    def _undone(
        self, mine: Charged, found: Circumstances, which: str, now_us: int
    ) -> Circumstances:
        """What is undone for others: its last widening alone, where there is a step before."""
        with self.cabinet.store.read() as conn:
            narrows = narrowing.possible(conn, mine.file.rollout)
        self._relieved_us[mine.candidate] = now_us
        why = f"{which}; harm is shown of another, and likely of this one"
        return replace(found, blamed=why, narrows=narrows)

    def _wait(
        self, mine: Charged, found: Circumstances, cause: Cause, why: str, until_us: int = 0
    ) -> Circumstances:
        mine.wait(self.cabinet, cause, why, until_us)
        return replace(found, stays=why)


def shared(policy: Policy) -> frozenset[tuple[str, str]]:
    """The candidates of more than one rollout, as upstream and model."""
    counts = Counter(name(one.candidate) for one in policy.rollouts)
    return frozenset([name for name, count in counts.items() if count > 1])
