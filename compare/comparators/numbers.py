"""Are the candidate's numbers grounded, and its doses the primary's? Checked against prompt and primary.

A number that neither the prompt nor the primary holds is for review: it may be a fact the primary
left out. A dose is another matter: the same drug with a dose that neither says is a failure, and
so is the same number with another unit of mass.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from compare.comparators.drugs import Drug, drugs, named_before
from compare.comparators.quantities import Quantity, quantities, times_a_day
from compare.comparison import Finding, Flag, Pair, Severity

_DOSE_KINDS = frozenset({"mg", "ml", "iu"})
_FAR = 60  # characters between a drug and its dose
_SHOWN = 6
_SENTENCE = re.compile(r"(?<=[.!?])\s+|[。！？；\n]")


def numbers(pair: Pair) -> Finding:
    """Signal `numbers_supported`; flags `DOSE_CONFLICT` (fail) and `NUMBER_UNSUPPORTED` (review)."""
    said = [one for one in quantities(pair.candidate) if not _trivial(one)]
    grounds = quantities(pair.primary) + quantities(pair.prompt)
    known = {(one.value, one.kind) for one in grounds} | {(one.value, "") for one in grounds}
    loose = [one for one in said if (one.value, one.kind) not in known]
    conflicts = [*_other_dose(pair), *_other_unit(said, pair, known), *_other_frequency(pair)]
    flags = [Flag("DOSE_CONFLICT", Severity.FAIL, words) for words in conflicts[:1]]
    if loose:
        shown = ", ".join(dict.fromkeys(one.said for one in loose[:_SHOWN]))
        flags.append(Flag("NUMBER_UNSUPPORTED", Severity.REVIEW, shown))
    supported = 1 - len(loose) / len(said) if said else 1.0
    return Finding({"numbers_supported": supported}, tuple(flags))


def _trivial(one: Quantity) -> bool:
    """Counts of things and list numbers: every fluent answer has its own."""
    return not one.kind and one.value <= 10 and one.value == int(one.value)


def _other_dose(pair: Pair) -> Iterable[str]:
    """A drug whose dose the candidate replaced by one that neither prompt nor primary holds."""
    ours, theirs = _doses(pair.candidate), _doses(pair.primary)
    grounded = {(one.value, one.kind) for one in quantities(pair.primary + "\n" + pair.prompt)}
    for drug in ours.keys() & theirs.keys():
        new = {key: said for key, said in ours[drug].items() if key not in grounded}
        gone = {key: said for key, said in theirs[drug].items() if key not in ours[drug]}
        for (value, kind), said in new.items():
            instead = [was for (old, of), was in gone.items() if of == kind and old != value]
            if instead:
                yield f"{drug} {said}; the primary says {instead[0]}"


def _doses(text: str) -> Mapping[str, dict[tuple[float, str], str]]:
    """By drug, its doses (value and kind) and how each was written; the nearest drug takes a dose."""
    found: dict[str, dict[tuple[float, str], str]] = defaultdict(dict)
    named = drugs(text)
    breaks = [match.start() for match in _SENTENCE.finditer(text)]
    for dose in quantities(text):
        if dose.kind not in _DOSE_KINDS:
            continue
        drug = _nearest(named, dose, breaks)
        if not drug and dose.kind != "ml" and dose.value < 5000:
            drug = named_before(text, dose.at[0])
        if drug:
            found[drug][dose.value, dose.kind] = dose.said
    return found


def _nearest(named: Sequence[Drug], dose: Quantity, breaks: list[int]) -> str:
    start, end = dose.at
    before = [one for one in named if 0 <= start - one.at[1] <= _FAR]
    after = [one for one in named if 0 <= one.at[0] - end <= _FAR // 2]
    for one in (*reversed(before), *after):
        low, high = sorted((one.at[0], start))
        if not any(low <= at < high for at in breaks):
            return one.name
    return ""


def _other_unit(
    said: Sequence[Quantity], pair: Pair, known: set[tuple[float, str]]
) -> Iterable[str]:
    """The primary's number with another unit of mass, about the same thing."""
    ours = {(one.value, one.kind) for one in said}
    for was in quantities(pair.primary):
        if was.kind not in ("mg", "iu") or (was.value, was.kind) in ours:
            continue
        for one in said:
            other = (one.number, one.kind) == (was.number, was.kind) and one.value != was.value
            if other and (one.value, one.kind) not in known and _about_the_same(pair, one, was):
                yield f"{one.said}; the primary says {was.said}"


def _about_the_same(pair: Pair, one: Quantity, was: Quantity) -> bool:
    ours, theirs = _around(pair.candidate, one), _around(pair.primary, was)
    return bool(ours & theirs)


def _around(text: str, one: Quantity) -> set[str]:
    near = text[max(0, one.at[0] - 40) : one.at[0]] + " " + text[one.at[1] : one.at[1] + 20]
    return set(re.findall(r"[a-z]{5,}|[\u3400-\u9fff]{2}", near.lower()))


def _other_frequency(pair: Pair) -> Iterable[str]:
    """A drug that the candidate gives more or less often than primary and prompt say."""
    ours, theirs = _frequencies(pair.candidate), _frequencies(pair.primary)
    asked = times_a_day(pair.prompt)
    for drug in ours.keys() & theirs.keys():
        if ours[drug] and theirs[drug] and not ours[drug] & (theirs[drug] | asked):
            mine, its = min(ours[drug]), min(theirs[drug])
            yield f"{drug} {mine:g} times a day; the primary says {its:g}"


def _frequencies(text: str) -> dict[str, set[float]]:
    found: dict[str, set[float]] = defaultdict(set)
    for sentence in _SENTENCE.split(text):
        for drug in {one.name for one in drugs(sentence)}:
            found[drug] |= times_a_day(sentence)
    return found
