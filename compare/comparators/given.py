"""What primary and prompt give of each medicine, and whether they have a dose that the candidate gives.

A dose that is only said once more in another way is theirs too: "5 mg x 2 tablets" where they say 10 mg,
and the total of the day where it is one of their doses as often as they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from compare.comparators.frequencies import frequencies
from compare.comparators.prescriptions import Dose, Prescribed, doses_in, prescribed
from compare.comparators.quantities import Quantity, quantities
from compare.comparators.restated import Total
from compare.comparison import Pair

type Amount = tuple[float, str]
"""A value in its kind's base unit, and the kind."""

_SMALL = 10  # numbers that stand everywhere


@dataclass(frozen=True, slots=True)
class Given:
    """What primary and prompt say: of each medicine, and at all.

    `counted` are strengths of a medicine times how many are taken, `totals` its amounts that are only said
    of a whole day, and `daily` what its doses make in a day.
    """

    primary: Mapping[str, Prescribed]
    prompt: Mapping[str, Prescribed]
    amounts: Set[Amount]
    times: Set[float]
    counted: Set[tuple[str, Amount]]
    totals: Set[tuple[str, Amount]]
    daily: Mapping[tuple[str, Total], Set[Amount]] = field(default_factory=dict)

    @classmethod
    def of(cls, pair: Pair) -> Given:
        """What is given for a pair."""
        said = quantities(pair.primary) + quantities(pair.prompt)
        often = frequencies(pair.primary) + frequencies(pair.prompt)
        doses = doses_in(pair.primary) + doses_in(pair.prompt)
        given = cls(
            prescribed(pair.primary),
            prescribed(pair.prompt),
            frozenset(amount_of(one) for one in said),
            frozenset(one.times for one in often),
            frozenset((one.of, _in_all(one)) for one in doses if one.count != 1),
            _only_totals(doses),
        )
        return replace(given, daily=_daily(given, doses_in(pair.candidate)))

    def has(self, one: Dose) -> bool:
        """Whether somebody gives the dose, perhaps without its unit, and not of another medicine alone."""
        return self.says(one) or self.restated(one)

    def says(self, one: Dose) -> bool:
        """Whether somebody gives it in these words."""
        if one.repeated and (one.of, amount_of(one.quantity)) in self.totals:
            return False  # the whole day's, several times a day
        number = one.quantity.number
        if any(number in each.numbers for each in self._told(one.of)):
            return True
        if not one.of and number > _SMALL and (number, "") in self.amounts:
            return True
        return self._said_of(one.of, amount_of(one.quantity))

    def restated(self, one: Dose) -> bool:
        """Whether a dose that somebody gives is said in another way: in tablets, or as the total of a day."""
        counted = _in_all(one)
        if (one.of, counted) in self.counted:
            return True
        if one.count != 1 and self._said_of(one.of, counted):
            return True
        return counted in self.daily.get((one.of or one.after, one.total), ())

    def _said_of(self, name: str, amount: Amount) -> bool:
        """Whether the amount is said, and not of another medicine alone."""
        told = [*self.primary.items(), *self.prompt.items()]
        holders = [holder for holder, each in told if amount in each.doses]
        return amount in self.amounts and (not holders or name in holders)

    def _told(self, name: str) -> Iterator[Prescribed]:
        return (whose[name] for whose in (self.primary, self.prompt) if name in whose)

    def times_of(self, name: str) -> set[float]:
        """How often a day a medicine is given."""
        return {often for each in self._told(name) for often in each.times}

    def doses_of(self, name: str) -> set[Amount]:
        """The doses of a medicine, tablets counted."""
        counted = {amount for medicine, amount in self.counted if medicine == name}
        return counted | {amount for each in self._told(name) for amount in each.doses}


def _daily(given: Given, own: Sequence[Dose]) -> dict[tuple[str, Total], set[Amount]]:
    """What a dose of each medicine makes in a day, as often as primary or prompt say, by how that is said.

    Without the words of a total, the candidate has to give the dose itself: else it is replaced.
    """
    said: dict[str, set[Amount]] = {}
    for one in own:
        if given.says(one):
            said.setdefault(one.of, set()).add(_in_all(one))
    found: dict[tuple[str, Total], set[Amount]] = {}
    for name in given.primary.keys() | given.prompt.keys():
        mine, times = said.get(name, set()), given.times_of(name)
        found[name, Total.IN_ALL] = _times(mine | given.doses_of(name), times)
        found[name, Total.A_DAY] = _times(mine, times)
        found[name, Total.AT_MOST] = _times(mine, {min(times)} if times else times)
    return found


def _times(doses: Set[Amount], times: Set[float]) -> set[Amount]:
    return {(round(value * often, 9), kind) for value, kind in doses for often in times}


def _only_totals(doses: Iterable[Dose]) -> frozenset[tuple[str, Amount]]:
    """Medicines with the amounts that are said of a whole day, and as a dose neither of them nor of nothing."""
    totals, others = set[tuple[str, Amount]](), set[tuple[str, Amount]]()
    for one in doses:
        said = others if one.total is Total.NO else totals
        said.add((one.of, amount_of(one.quantity)))
    return frozenset(
        (name, amount) for name, amount in totals - others if ("", amount) not in others
    )


def amount_of(one: Quantity) -> Amount:
    """Its value in its kind's base unit, and the kind."""
    return (one.value, one.kind)


def _in_all(one: Dose) -> Amount:
    """What is taken at once."""
    return (round(one.quantity.value * one.count, 9), one.quantity.kind)
