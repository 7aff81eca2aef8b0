"""What a model saw: closed questions, what it read in the image, and whether it saw the image at all.

The words of both answers are compared as any text's are. Here are the checks of answers whose truth
lies in the image and not in the prompt: a yes against a no, other numbers under the same name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from rapidfuzz.distance import Levenshtein

from compare import images
from compare.comparators.closed import Question, answered, question
from compare.comparators.quantities import Quantity, quantities
from compare.comparison import Finding, Flag, Severity
from compare.documents import readable, shown
from compare.legs import Legs
from compare.sides import Sides
from mirror.exchange import End

_SHORT = 60  # characters of an answer that is a closed question's answer and no more
_LONGEST = 20_000
_SHOWN = 4
_MISREAD = 0.2
_QUOTES = 20

_QUOTED = re.compile(r"“([^”]{2,200})”|\"([^\"\n]{2,200})\"|「([^」]{1,200})」|『([^』]{1,200})』|‘([^’]{2,200})’")  # fmt: skip
_LABEL = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile(r"[㐀-鿿]{2}")
_FILLERS = frozenset({
    "a", "an", "and", "are", "about", "approximately", "around", "as", "at", "be", "between",
    "by", "for", "from", "has", "in", "is", "it", "of", "on", "or", "reads", "reading",
    "says", "shows", "show", "the", "to", "was", "were", "with", "which", "value", "values",
    "recorded", "measured", "yang", "ialah", "adalah", "pada", "dan", "ada", "mg", "mcg",
    "ml", "kg", "iu", "units", "mmhg", "mmol", "bpm",
})  # fmt: skip
_UNSEEN = re.compile(
    r"\b(?:can(?:'t|not| not)|unable to|not able to|do(?:n't| not)(?: have the ability to)?)\s+(?:\w+\s+)?"
    r"(?:see|view|access|process|open|analy[sz]e|interpret|read|have access to)\s+"
    r"(?:(?:the|this|that|your|any|an|attached|uploaded|provided)\s+)*(?:images?|pictures?|photos?|x-?rays?|scans?|attachments?)\b"
    r"|\bno (?:image|picture|photo|attachment)s?\s+(?:is|was|were|are|has been|have been)?\s*(?:\w+\s+)?(?:provided|attached|uploaded|shared|included)\b"
    r"|\btidak (?:dapat|boleh|mampu) (?:melihat|memproses|mengakses|menganalisis|membuka)\s+(?:sebarang\s+)?(?:imej|gambar|foto)"
    r"|\btiada (?:imej|gambar|foto) (?:yang )?(?:di(?:berikan|lampirkan|muat))"
    r"|(?:无法|無法|不能|没办法)(?:直接)?(?:查看|看到|看|读取|讀取|分析|处理|處理|访问|打开)(?:您|你|这|該|该|任何|提供的|上传的|的|张|個|个)*(?:图|圖|照片|影像)",
    re.I,
)


def applies(sides: Sides) -> bool:
    """Whether what was asked shows an image."""
    return sides.route == "vision" or bool(images.of(sides.asked.body))


def is_closed(sides: Sides) -> bool:
    """Whether both answers are those of a closed question, and no more than that."""
    asked = _question(sides)
    said = (sides.primary.said.strip(), sides.candidate.said.strip())
    return asked is not None and all(
        len(one) <= _SHORT and answered(one, asked) for one in said
    )


def agreement(sides: Sides) -> Finding:
    """`equivalence` of a closed question's answers: 1 or 0. None for one that answers nothing plainly."""
    asked = _question(sides)
    theirs = answered(sides.primary.said, asked) if asked else ""
    ours = answered(sides.candidate.said, asked) if asked else ""
    if not ours or not theirs:
        return Finding(missing="open_answer")
    return Finding({"equivalence": float(ours == theirs)})


def vision(sides: Sides) -> Finding:
    """Signal `quoted_kept`, 0..1; flags `IMAGE_UNSEEN`, `CLOSED_ANSWER`, `NUMBER_CONFLICT`, `READ_TEXT`."""
    primary = readable(sides.primary.said, _LONGEST)
    candidate = readable(sides.candidate.said, _LONGEST)
    flags = [*_unseen(primary, candidate)]
    if not flags:
        flags += _closed(_question(sides), primary, candidate)
        flags += _conflicts(primary, candidate, sides.asked.prompt)
    signals, misread = _quoted(primary, candidate)
    return Finding(signals, (*flags, *misread))


def gaps(sides: Sides, legs: Legs) -> tuple[Flag, ...]:
    """What of the images may be why the candidate refused the request; for the record alone."""
    refused = legs.candidate
    if refused is None or refused.end is not End.HTTP_ERROR or not _blames(refused.status):
        return ()
    return tuple(
        Flag("CAPABILITY_GAP", Severity.INFO, words)
        for words in images.demands(sides.asked.body)
    )


def _blames(status: int | None) -> bool:
    """Whether a status says that the request was at fault."""
    return status is None or status in (400, 404, 413, 415, 422, 501)


def _question(sides: Sides) -> Question | None:
    asked = images.question(sides.asked.body) or sides.asked.prompt
    return question(asked[-4000:])


def _unseen(primary: str, candidate: str) -> Iterator[Flag]:
    found = _UNSEEN.search(candidate[:600].replace("’", "'"))
    if found and not _UNSEEN.search(primary[:600].replace("’", "'")):
        yield Flag("IMAGE_UNSEEN", Severity.FAIL, found[0])


def _closed(asked: Question | None, primary: str, candidate: str) -> Iterator[Flag]:
    theirs = answered(primary, asked) if asked else ""
    if not asked or not theirs:
        return
    ours = answered(candidate, asked)
    if not ours:
        words = f"gives no plain answer ({asked.ask}); the primary says {theirs}"
        yield Flag("CLOSED_ANSWER", Severity.REVIEW, words)
    elif ours != theirs:
        yield Flag("CLOSED_ANSWER", Severity.FAIL, f"{ours}; the primary says {theirs}")


def _conflicts(primary: str, candidate: str, prompt: str) -> Iterator[Flag]:
    """Numbers under the same name of which neither side has the other's."""
    theirs, ours = _named(primary), _named(candidate)
    asked = {one.value for one in quantities(prompt[:_LONGEST])}
    found = []
    for name in ours.keys() & theirs.keys():
        new, gone = (
            ours[name].keys() - theirs[name].keys(),
            theirs[name].keys() - ours[name].keys(),
        )
        new -= asked
        if new and gone and len(ours[name]) == len(theirs[name]):
            mine, its = (", ".join(side[one] for one in sorted(some)) for side, some in ((ours[name], new), (theirs[name], gone)))  # fmt: skip
            found.append(f"{name[1] or name[0]}: {mine}; the primary says {its}")
    if found:
        yield Flag("NUMBER_CONFLICT", Severity.FAIL, "; ".join(sorted(found)[:_SHOWN]))


def _named(text: str) -> Mapping[tuple[str, str], dict[float, str]]:
    """Numbers by unit and by the word they stand behind, and how each was written."""
    found: dict[tuple[str, str], dict[float, str]] = defaultdict(dict)
    for one in quantities(text):
        name = _label(text, one)
        if one.kind == "hours" or (not one.kind and not name):
            continue
        found[one.kind, name][one.value] = one.said
    return found


def _label(text: str, one: Quantity) -> str:
    """The last word of weight before a number, within its sentence."""
    before = re.split(r"[.!?。！？\n;；]", text[max(0, one.at[0] - 40) : one.at[0]])[-1]
    words = [word for word in _LABEL.findall(before.lower()) if word not in _FILLERS]
    if not words:
        return ""
    han = _HAN.findall(words[-1])
    return str(han[-1] if han else words[-1])


def _quoted(primary: str, candidate: str) -> tuple[dict[str, float], tuple[Flag, ...]]:
    """How much of the text that the primary quotes the candidate has: 1 - CER, the worst of all quotes."""
    quotes = _quotes(primary)
    if not quotes:
        return {}, ()
    errors = {quote: _error(quote, candidate) for quote in quotes}
    worst = max(errors, key=lambda quote: errors[quote])
    flags: tuple[Flag, ...] = ()
    if errors[worst] > _MISREAD:
        words = (
            f"the primary reads {shown(worst)}, with an error rate of {errors[worst]:.0%} here"
        )
        flags = (Flag("READ_TEXT", Severity.REVIEW, words),)
    return {"quoted_kept": 1 - errors[worst]}, flags


def _quotes(text: str) -> list[str]:
    found = (next(filter(None, match.groups())) for match in _QUOTED.finditer(text))
    return list(dict.fromkeys(found))[:_QUOTES]


def _error(quote: str, candidate: str) -> float:
    """Characters to change per character of a quote, in the candidate's nearest quote; 0 where it is in the text."""
    wanted = _letters(quote)
    if not wanted or wanted in _letters(candidate):
        return 0.0
    tried = (Levenshtein.distance(wanted, _letters(one)) for one in _quotes(candidate))
    return min(1.0, min(tried, default=len(wanted)) / len(wanted))


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
