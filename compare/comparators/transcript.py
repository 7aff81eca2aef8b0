"""Did both hear the same? Word by word, in time, and to the end of the sound.

Neither transcript is the truth, so the agreement is bounded and counts what either has more:
1 minus the match error rate of words, or in Chinese 1 minus the character error rate.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from compare.canonical import Answer, Segment, Transcript
from compare.comparison import Finding, Flag, Severity
from compare.sides import Sides
from compare.speech import Heard, heard, language_of, words

DIALECT = "transcriptions"
_UNHEARD = 0.2  # of the primary's words, missing at the end
_COVERED = 0.8  # of the sound
_FURTHER = 0.1  # of the sound, beyond the candidate; else it was silent there
_WORTH_WORDS = 20
_STARTS = 2_000  # whose times are compared
_APART = 1.0  # seconds that starts may differ in the mean


def applies(sides: Sides) -> bool:
    """Whether both answers tell what was heard."""
    return sides.dialect == DIALECT or (not sides.dialect and sides.route == "audio")


def aligned(sides: Sides) -> Heard:
    """Both transcripts' words side by side."""
    return heard(sides.primary.said, sides.candidate.said, spoken(sides))


def spoken(sides: Sides) -> str:
    """The language that was asked for, or that the primary found; else that of the words."""
    asked = sides.asked.body.get("language")
    named = [asked if isinstance(asked, str) else "", told(sides.primary).language]
    return language_of(named, (sides.primary.said, sides.candidate.said))


def told(answer: Answer) -> Transcript:
    """What a transcript tells beside its words; nothing, where it is words alone."""
    return answer.transcript or Transcript()


def agreement(sides: Sides) -> Finding:
    """Signals `equivalence` and `mer`, the match error rate; none where neither side has a word."""
    found = aligned(sides)
    if not found.primary and not found.candidate:
        return Finding(missing="no_text")
    chinese = spoken(sides) == "zh" and not any(
        word.isalpha() and word.isascii() for word in found.primary
    )
    score = max(0.0, 1 - found.error_rate) if chinese else 1 - found.mer
    return Finding({"equivalence": score, "mer": found.mer})


def transcript(sides: Sides) -> Finding:
    """Signals `words_ratio`, and where told `coverage`, `start_difference_s` and `audio_s`; flags of what is lacking.

    `TRUNCATED` (fail): the end of the speech is missing. `CAPABILITY_GAP` (fail): times or speakers that
    were asked for are missing. `TIMESTAMPS`: times that differ (review), or that run backwards or are
    those of some segments alone (fail).
    """
    found = aligned(sides)
    longer = max(len(found.primary), len(found.candidate))
    signals = (
        {"words_ratio": len(found.candidate) / max(1, len(found.primary))} if longer else {}
    )
    length = told(sides.primary).duration
    if length:  # never the candidate's own word: it is judged by it
        signals["audio_s"] = length
    covered = _covered(sides.candidate, sides)
    if covered is not None:
        signals["coverage"] = covered
    apart = _starts_apart(found, sides)
    if apart is not None:
        signals["start_difference_s"] = apart
    flags = (*_cut(found, sides), *_gaps(sides), *_times(sides, apart))
    return Finding(signals, flags)


def _covered(answer: Answer, sides: Sides) -> float | None:
    """How much of the sound lies before the last segment's end; None where no times are told."""
    ends = [each.end for each in told(answer).segments if each.end is not None]
    lengths = [told(one).duration for one in (answer, sides.primary, sides.candidate)]
    duration = next((one for one in lengths if one), None)
    return min(1.0, max(ends) / duration) if ends and duration else None


def _cut(found: Heard, sides: Sides) -> Iterator[Flag]:
    missing = found.unheard_end
    if len(found.primary) >= _WORTH_WORDS and missing > _UNHEARD * len(found.primary):
        lost = " ".join(found.primary[-missing:][:12])
        yield Flag(
            "TRUNCATED", Severity.FAIL, f"the last {missing} words are missing: {lost} ..."
        )
        return
    covered, theirs = _covered(sides.candidate, sides), _covered(sides.primary, sides)
    if covered is None or theirs is None:
        return
    if covered < _COVERED and theirs - covered > _FURTHER:
        told_by = f"ends at {covered:.0%} of the sound; the primary at {theirs:.0%}"
        yield Flag("TRUNCATED", Severity.FAIL, told_by)


def _gaps(sides: Sides) -> Iterator[Flag]:
    """What was asked for, the primary gave and the candidate did not."""
    ours, theirs = told(sides.candidate), told(sides.primary)
    if not sides.candidate.said.strip():
        return
    diarized = sides.asked.body.get("response_format") == "diarized_json"
    if (diarized or _speakers(theirs)) and not _speakers(ours):
        yield Flag(
            "CAPABILITY_GAP", Severity.FAIL, "speakers were asked for; the candidate names none"
        )
    for what, mine, its in (
        ("segments", ours.segments, theirs.segments),
        ("words", ours.words, theirs.words),
    ):
        if any(map(_timed, its)) and not any(map(_timed, mine)):
            unread = " that can be read" if mine else ""
            lacks = f"the primary gives the times of {what}; the candidate gives none{unread}"
            yield Flag("CAPABILITY_GAP", Severity.FAIL, lacks)


def _timed(segment: Segment) -> bool:
    return segment.start is not None


def _speakers(found: Transcript) -> bool:
    return any(each.speaker for each in found.segments)


def _times(sides: Sides, apart: float | None) -> Iterator[Flag]:
    ours, theirs = (told(one).segments for one in (sides.candidate, sides.primary))
    starts = _starts(ours)
    untimed = len(ours) - len(starts)
    back = next(((one, two) for one, two in itertools.pairwise(starts) if two < one), None)
    if back:
        yield Flag(
            "TIMESTAMPS",
            Severity.FAIL,
            f"a segment at {back[1]:.1f} s stands behind one at {back[0]:.1f} s",
        )
    elif starts and untimed and all(map(_timed, theirs)):
        words = f"{untimed} of {len(ours)} segments have no times that can be read"
        yield Flag("TIMESTAMPS", Severity.FAIL, words)
    elif apart is not None and apart > _APART:
        yield Flag(
            "TIMESTAMPS", Severity.REVIEW, f"segments start {apart:.1f} s apart in the mean"
        )


def _starts(segments: Sequence[Segment]) -> list[float]:
    return [each.start for each in segments if each.start is not None]


def _starts_apart(found: Heard, sides: Sides) -> float | None:
    """The mean difference, in seconds, of starts at words that both heard; None where too few are told."""
    language = spoken(sides)
    ours, theirs = (_by_word(told(one), language) for one in (sides.primary, sides.candidate))
    at = {
        run.primary[0] + step: run.candidate[0] + step
        for run in found.runs
        if run.type == "equal"
        for step in range(run.length)
    }
    apart = [
        abs(start - theirs[at[place]])
        for place, start in ours.items()
        if place in at and at[place] in theirs
    ]
    return sum(apart) / len(apart) if apart else None


def _by_word(found: Transcript, language: str) -> dict[int, float]:
    """The start of every timed stretch, by the place of its first word among all."""
    starts: dict[int, float] = {}
    place = 0
    for each in (found.words or found.segments)[:_STARTS]:
        count = len(words(each.text, language))
        if count and each.start is not None:
            starts[place] = each.start
        place += count
    return starts
