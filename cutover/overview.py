"""Which rollouts people look for among thousands, a page at a time, and how many there are of each kind.

What a rollout is found by is told without its view: of thousands only those on the page are told whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cutover import known
from cutover.approving import signed
from cutover.cabinet import Cabinet, File
from cutover.circumstances import at_rest, planned
from cutover.decide import retried_by
from cutover.history import Key
from cutover.stages import Stage
from cutover.views import RolloutView
from mirror.journal import exchanges
from mirror.journal.exchanges import Ledger
from policies.policy import Policy, RetriedBy


class Need(StrEnum):
    """What a rollout needs a person for."""

    APPROVAL = "approval"  # a proposal is open, and could be applied
    SIGN_OFF = "sign_off"  # pairs of answers are to be labelled
    HOLD = "hold"  # it is held
    RESUME = "resume"  # it was rolled back, and the controller does not begin it again
    FAULT = "fault"  # a fault of ours keeps it from being judged
    START = "start"  # nobody has begun it; it waits for that without harm


URGENT = frozenset(Need) - {Need.START}
"""What people are waited for: where nobody has begun anything, nothing waits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one rollout is found by. `words` are in lower case; `needs` is None where no person is needed."""

    key: Key
    words: str
    stage: str
    verdict: str
    held: bool
    needs: Need | None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: each of `words` somewhere, and what is given of the rest; nothing given finds all."""

    words: tuple[str, ...] = ()
    stages: frozenset[str] = frozenset()
    verdicts: frozenset[str] = frozenset()
    needs: frozenset[Need] = frozenset()
    needs_person: bool | None = None
    held: bool | None = None

    def finds(self, entry: Entry) -> bool:
        """Whether a rollout is looked for."""
        return (
            (not self.stages or entry.stage in self.stages)
            and (not self.verdicts or entry.verdict in self.verdicts)
            and (not self.needs or entry.needs in self.needs)
            and self.needs_person in (None, entry.needs in URGENT)
            and self.held in (None, entry.held)
            and all(word in entry.words for word in self.words)
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rollouts there are, by what they are found by."""

    rollouts: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)
    needs_person: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was looked for, out of `found`; `next` is whom the next page comes after, None at the end.

    `summary` counts all that the person may read of, whatever they look for.
    """

    entries: tuple[Entry, ...]
    found: int
    next: Key | None
    summary: Summary


def page(entries: Sequence[Entry], search: Search, after: Key | None, limit: int) -> Found:
    """The page after a key, of entries by key. Who joins or leaves meanwhile moves nobody else."""
    matching = [one for one in entries if search.finds(one)]
    begin = bisect_right(matching, after, key=_key) if after else 0
    shown = matching[begin : begin + limit]
    more = len(matching) > begin + limit
    return Found(tuple(shown), len(matching), shown[-1].key if more else None, summary(entries))


def summary(entries: Sequence[Entry]) -> Summary:
    """How many there are of each kind."""
    needs = Counter([one.needs for one in entries])
    return Summary(
        rollouts=len(entries),
        stages=Counter([one.stage for one in entries]),
        verdicts=Counter([one.verdict for one in entries]),
        needs={need.value: count for need, count in needs.items() if need},
        needs_person=sum([count for need, count in needs.items() if need in URGENT]),
        held=sum([one.held for one in entries]),
    )


class Overview:
    """The rollouts of a policy as people find them. `faults` names ours by rollout."""

    def __init__(self, policy: Policy, cabinet: Cabinet, faults: Mapping[Key, str]) -> None:
        self._cabinet, self._faults = cabinet, faults
        named = {
            (one.tenant, one.route.value): (one.primary.model, one.candidate.model)
            for one in policy.rollouts
        }
        self._words = {
            key: " ".join([*key, *models]).lower() for key, models in sorted(named.items())
        }

    def page(
        self, search: Search, sees: Callable[[str], bool], after: Key | None, limit: int
    ) -> tuple[Found, list[RolloutView]]:
        """The page of what is looked for after a key, of tenants that somebody sees, and its views. Raises StandsBy."""
        with self._cabinet.lock:
            found = page(self.entries(sees), search, after, limit)
        keys = [one.key for one in found.entries]
        with self._cabinet.store.read() as conn:
            counts = exchanges.ledger(conn, *{tenant for tenant, _ in keys}) if keys else {}
        with self._cabinet.lock:
            return found, [self._view(key, counts.get(key)) for key in keys]

    def entries(self, sees: Callable[[str], bool]) -> list[Entry]:
        """All of the tenants that somebody sees, by key. Raises StandsBy."""
        assert self._cabinet.fence, "raises where another controller acts"
        self._cabinet.open_files()
        return [
            _entry(self._cabinet, key, words, faulted=key in self._faults)
            for key, words in self._of_tenants(sees)
        ]

    def _view(self, key: Key, counts: Ledger | None) -> RolloutView:
        file = self._cabinet.file(key)
        return known.view(self._cabinet, file, counts, self._faults.get(key, ""))

    def _of_tenants(self, sees: Callable[[str], bool]) -> Iterator[tuple[Key, str]]:
        tenant, seen = None, False
        for key, words in self._words.items():  # by tenant: each is asked for once
            if key[0] != tenant:
                tenant, seen = key[0], sees(key[0])
            if seen:
                yield key, words


def _key(entry: Entry) -> Key:
    return entry.key


def _entry(cabinet: Cabinet, key: Key, words: str, *, faulted: bool) -> Entry:
    file = cabinet.files[key]
    stage = file.saved.rollout.stage.value
    verdict = file.judged[0]
    return Entry(
        key,
        f"{words} {stage} {verdict}",
        stage,
        verdict,
        bool(file.saved.rollout.held_by),
        Need.FAULT if faulted else needs(cabinet, file),
    )


def needs(cabinet: Cabinet, file: File) -> Need | None:
    """What a rollout needs a person for first; None where it goes on by itself."""
    rollout = file.saved.rollout
    if rollout.held_by:
        return Need.HOLD
    if file.proposal is not None:
        # While a move may not be made a yes to it is refused: nobody is waited for.
        return None if at_rest(cabinet, file) or planned(cabinet, file) else Need.APPROVAL
    if rollout.stage is Stage.ROLLED_BACK:
        by = retried_by(rollout, cabinet.terms(file), for_harm=file.for_harm)
        return Need.RESUME if by is RetriedBy.PERSON else None
    if rollout.stage is Stage.OFF:
        begins = file.declared is not None and file.declared.start == "mirror"
        return None if begins else Need.START
    return Need.SIGN_OFF if _unsigned(cabinet, file) else None


def _unsigned(cabinet: Cabinet, file: File) -> bool:
    """Whether pairs were drawn of the attempt that nobody has labelled."""
    sample = file.signed
    if sample is None or sample.attempt != file.rollout.attempt:
        return False
    asked = signed.asked(cabinet, file)
    return asked is not None and any(one.label is None for one in sample.pairs)
