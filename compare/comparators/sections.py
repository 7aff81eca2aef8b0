"""Are the sections of a note there? Their headings in English, Malay and Chinese, and what stands in them.

A section whose heading is gone is missing only where its content is gone too: many notes are prose.
Without assessment or plan a note is of no use to whoever reads it next, so that is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from compare.comparators.content import content, covered
from compare.comparison import Finding, Flag, Pair, Severity

_HEADINGS = {
    "subjective": r"subjective|chief complaints?|cc|history of (?:the )?present(?:ing)? (?:illness|complaint)|hpi|history|hx"
    r"|review of systems|ros|presenting complaints?|aduan(?: utama)?|sejarah(?: penyakit)?(?: semasa| sekarang)?|subjektif"
    r"|主诉|现病史|病史|主观",
    "objective": r"objective|physical exam(?:ination)?|examination|exam|p/?e|o/?e|vitals?(?: signs)?|objektif"
    r"|pemeriksaan(?: fizikal)?|tanda vital|体格检查|查体|体征|客观",
    "results": r"results?|labs?|laboratory(?: results)?|investigations?|imaging|keputusan(?: ujian| makmal)?|ujian makmal"
    r"|检查结果|化验|辅助检查|结果",
    "assessment": r"assessments?|impressions?|diagnos[ie]s|ddx|penilaian|diagnosis kerja|tanggapan|评估|诊断|初步诊断",
    "plan": r"plans?|plan of care|treatment(?: plan)?|management(?: plan)?|instructions?|recommendations?|follow[- ]?up|disposition"
    r"|pelan(?: rawatan)?|rancangan(?: rawatan)?|rawatan|susulan|计划|治疗(?:方案|计划)?|处理|医嘱",
    "both": r"(?:assessments?|impressions?|diagnos[ie]s) ?(?:and|&|/|\+) ?plans?|a ?[&/] ?p|penilaian dan (?:pelan|rancangan)"
    r"|评估与计划|评估和计划|诊断与处理|诊断及处理",
    "s": "s", "o": "o", "a": "a", "p": "p",
}  # fmt: skip
_KINDS = {
    "both": ("assessment", "plan"),
    "s": ("subjective",), "o": ("objective",), "a": ("assessment",), "p": ("plan",),
}  # fmt: skip
_NEEDED = frozenset({"assessment", "plan"})
_NAME = re.compile(
    rf"(?<![\w/&])(?:{'|'.join(f'(?P<{kind}>{names})' for kind, names in reversed(_HEADINGS.items()))})(?![\w/&])",
    re.IGNORECASE,
)
# What stands right before and behind a name is looked at in slices of these lengths, so in linear time.
_BEFORE, _BEHIND = 16, 8
_LINE = re.compile(
    r"(?:\A|\n)[\s#*_>•-]*(?:section\s*)?(?:\d{1,2}\s*[.):-])?[\s*_#]*\Z", re.IGNORECASE
)
_MARKED = re.compile(
    r"(?:#\s?|\*\*|[ \t]{2}|(?:section\s*)?\b\d{1,2}\s*[.):-]\s*)\Z", re.IGNORECASE
)
_COLON = re.compile(r"\s*[*_#]*\s*[:：]")
_LINE_ENDS = re.compile(r"[ \t*_#]*(?:\n|\Z)")
_BEGINS = re.compile(r"[ \t*_]+[(A-Z0-9•-]")
_LETTERS = frozenset({"s", "o", "a", "p"})  # only with a colon or on a line of their own
_GONE, _GONE_IN_PROSE = 0.4, 0.25
_WORTH_WORDS = 6  # of content
_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of section, and what stands in it."""

    kind: str
    body: str


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def sectioned(text: str) -> tuple[Section, ...]:
    """The sections of a note, in order; one that is headed "assessment and plan" counts as both."""
    found = [match for match in _NAME.finditer(text) if _heads(text, match)]
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    return tuple(
        Section(kind, text[match.end() : end].strip(" \t\n*_#:："))
        for match, end in zip(found, ends, strict=True)
        for kind in _kinds(match)
    )


def _heads(text: str, match: re.Match[str]) -> bool:
    """Whether a name is a heading, by what stands around it. A letter alone needs a line and a colon."""
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    if match.start() <= _BEFORE:
        before = f"\n{before}"
    behind = text[match.end() : match.end() + _BEHIND]
    on_line, colon = bool(_LINE.search(before)), bool(_COLON.match(behind))
    if match.lastgroup in _LETTERS:
        return on_line and colon
    marked = on_line or bool(_MARKED.search(before))
    alone = colon or bool(_LINE_ENDS.match(behind))
    return marked and (alone or bool(_BEGINS.match(behind)))


def _kinds(match: re.Match[str]) -> tuple[str, ...]:
    kind = str(match.lastgroup)
    return _KINDS.get(kind, (kind,))


def _bodies(text: str) -> Mapping[str, str]:
    bodies: dict[str, str] = {}
    for one in sectioned(text):
        bodies[one.kind] = f"{bodies.get(one.kind, '')} {one.body}".strip()
    return bodies


def sections(pair: Pair) -> Finding:
    """Signal `sections_kept`, the least covered of the primary's sections; flag `OMISSION`.

    `fail` for assessment and plan on `reason`, else `review`. Without sections in the primary, nothing.
    """
    theirs, ours = _bodies(pair.primary), _bodies(pair.candidate)
    said = content(pair.candidate)
    shares = {
        kind: covered(words, said)
        for kind, body in theirs.items()
        if len(words := content(body)) >= _WORTH_WORDS
    }
    if not shares:
        return Finding()
    flags = tuple(_missing(pair, theirs, ours, shares))
    return Finding({"sections_kept": min(shares.values())}, flags)


def _missing(
    pair: Pair, theirs: Mapping[str, str], ours: Mapping[str, str], shares: Mapping[str, float]
) -> Iterator[Flag]:
    # Where the candidate has sections, this one would be among them; prose says it in other words.
    most = _GONE if ours else _GONE_IN_PROSE
    gone = [kind for kind, share in shares.items() if not ours.get(kind) and share < most]
    for kind in gone:
        if (
            kind == "plan"
            and theirs.get("assessment") == theirs["plan"]
            and "assessment" in gone
        ):
            continue  # one section, headed with both
        fails = kind in _NEEDED and pair.route == "reason"
        shown = " ".join(theirs[kind].split())[:_SHOWN]
        words = f"no {kind}, and {shares[kind]:.0%} of its words; the primary's: {shown}"
        yield Flag("OMISSION", Severity.FAIL if fails else Severity.REVIEW, words)
