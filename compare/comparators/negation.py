"""Is a finding there or not? What each side affirms and denies, finding by finding. For review only.

After NegEx (Chapman et al., J Biomed Inform 2001): a trigger denies what follows it, up to the end
of its clause or a word that ends its scope. Clean answers disagree here as well, so this is never a
failure by itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from compare.comparison import Finding, Flag, Pair, Severity

# Findings by one name for each, in English, Malay and Chinese; those that notes deny most often.
_FINDINGS = {
    name: name
    for name in (
        "abnormality", "ache", "anxiety", "bleeding", "bruising", "burning", "chills",
        "congestion", "constipation", "cough", "crackles", "cramping", "cyanosis", "deformity",
        "dehydration", "depression", "diarrhea", "discharge", "dizziness", "dyspnea", "ecchymosis",
        "edema", "effusion", "erythema", "exudate", "fatigue", "fever", "fracture", "gallop",
        "guarding", "headache", "heartburn", "hematuria", "infection", "injury", "itching",
        "jaundice", "lesion", "lump", "lymphadenopathy", "malaise", "mass", "murmur", "nausea",
        "numbness", "palpitation", "pain", "pallor", "paralysis", "rale", "rash", "redness",
        "rhonchi", "rub", "seizure", "shortness of breath", "smoking", "snoring", "sore throat",
        "stiffness", "swelling", "syncope", "tenderness", "thrombosis", "tingling", "tremor",
        "trauma", "tumor", "ulcer", "urgency", "vomiting", "weakness", "weight loss", "wheezing",
    )
} | {
    "diarrhoea": "diarrhea", "oedema": "edema", "sob": "shortness of breath", "tender": "tenderness",
    "swollen": "swelling", "nauseous": "nausea", "dizzy": "dizziness", "feverish": "fever",
    "numb": "numbness", "breathlessness": "shortness of breath", "bruit": "murmur",
    "demam": "fever", "batuk": "cough", "muntah": "vomiting", "loya": "nausea", "pening": "dizziness",
    "sakit kepala": "headache", "sesak nafas": "shortness of breath", "sakit dada": "chest pain",
    "cirit-birit": "diarrhea", "bengkak": "swelling", "ruam": "rash", "lemah": "weakness",
    "kebas": "numbness", "pendarahan": "bleeding",
    "发烧": "fever", "发热": "fever", "咳嗽": "cough", "呕吐": "vomiting", "恶心": "nausea",
    "头晕": "dizziness", "头痛": "headache", "胸痛": "chest pain", "腹泻": "diarrhea",
    "肿胀": "swelling", "水肿": "edema", "皮疹": "rash", "呼吸困难": "shortness of breath",
    "出血": "bleeding", "麻木": "numbness", "乏力": "fatigue",
}  # fmt: skip
# A pain is another finding with the place it is in: "denies chest pain" says nothing of a knee's.
_NEAR = 16  # characters
_WORD = re.compile(r"[a-z]{4,}")
_SAYS_NOTHING = frozenset({
    "about", "after", "also", "been", "before", "could", "current", "currently", "days",
    "denied", "denie", "does", "doctor", "doing", "done", "given", "have", "history", "into", "issue",
    "known", "made", "more", "most", "negative", "noted", "only", "other", "over", "patient",
    "positive", "recent", "report", "reported", "seen", "sign", "significant", "some", "state",
    "stated", "such", "symptom", "than", "that", "their", "them", "then", "there", "they", "thi",
    "time", "today", "very", "week", "were", "what", "when", "where", "which", "while", "will",
    "with", "without", "would", "your",
})  # fmt: skip
_PAINS = ("pain", "ache", "discomfort", "tenderness", "swelling", "tender")

_name = "|".join(
    rf"{re.escape(name)}(?:s|es)?"
    for name in sorted(_FINDINGS, key=len, reverse=True)
    if name.isascii()
)
_han = "|".join(
    sorted((name for name in _FINDINGS if not name.isascii()), key=len, reverse=True)
)
_FOUND = re.compile(
    rf"\b(?:(?P<place>[a-z]+) )?(?P<name>{_name})\b|(?P<han>{_han})", re.IGNORECASE
)
_CLAUSES = re.compile(
    r"(?<=[.;!?])\s+|\n|[。；！？]|\bbut\b|\bhowever\b|\balthough\b|\btetapi\b|\bnamun\b|但"
)
# Of what may be, was, or is feared, nothing is said.
_SUPPOSED = re.compile(
    r"\b(?:if|unless|should|could|may|might|would|risk of|monitor for|watch for|return|call|prevent|avoid|history"
    r"|concern for|look for|evaluate for|jika|kalau|sekiranya)\b|如果|若|如有",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:denie[sd]|denying|no|not|without|negative for|absence of|absent|never|none|isn't|hasn't|doesn't"
    r"|haven't|don't|didn't|free of|ruled out|tiada|tidak|tak|bukan|tanpa|menafikan)\b|无|没有|否认|未见|不",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(
    r"\b(?:reports?|reported|complains? of|endorses?|with|has|had|shows?|showed|reveals?|revealed|presents?"
    r"|positive for|marked|notes|noted|admits|except for|other than|mengadu|mengalami|mempunyai)\b|主诉|有",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A finding that is said to be there, or not, and the words."""

    finding: str
    there: bool
    said: str


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def stated(text: str) -> tuple[Stated, ...]:
    """The findings of a text with what is said of each, in order."""
    return tuple(one for clause in _clauses(text) for one in _in_clause(clause))


def _clauses(text: str) -> Iterator[str]:
    return (clause for clause in _CLAUSES.split(text) if not _SUPPOSED.search(clause))


def _in_clause(clause: str) -> Iterator[Stated]:
    there = _polarity_at(clause)
    for match in _FOUND.finditer(clause):
        start = match.start("name") if match["name"] else match.start("han")
        yield Stated(_finding(match), there(start), clause.strip()[:80])


def _polarity_at(clause: str) -> Callable[[int], bool]:
    """Whether what stands at a place of the clause is there, or denied."""
    triggers = [(match.end(), False) for match in _DENIES.finditer(clause)]
    triggers += [(match.end(), True) for match in _AFFIRMS.finditer(clause)]
    kept = _not_undone(sorted(triggers))
    return lambda start: next((there for end, there in reversed(kept) if end <= start), True)


def _not_undone(triggers: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Without the affirming words that a denial right before them takes in: "did not show"."""
    kept: list[tuple[int, bool]] = []
    for end, there in triggers:
        if not (there and kept and not kept[-1][1] and end - kept[-1][0] <= _NEAR):
            kept.append((end, there))
    return kept


def _finding(match: re.Match[str]) -> str:
    if match["han"]:
        return _FINDINGS[match["han"]]
    word = match["name"].lower()
    name = next(
        _FINDINGS[one]
        for one in (word, word.removesuffix("s"), word.removesuffix("es"))
        if one in _FINDINGS
    )
    place = (match["place"] or "").lower()
    placed = (
        name in _PAINS
        and place
        and not _DENIES.fullmatch(place)
        and not _AFFIRMS.fullmatch(place)
    )
    return f"{place} {name}" if placed else name


@lru_cache(maxsize=64)
def _words(text: str) -> Mapping[str, frozenset[bool]]:
    """The words of a text that say something, with what is said of them: there, denied, or both."""
    found: dict[str, set[bool]] = defaultdict(set)
    for clause in _clauses(text):
        there = _polarity_at(clause)
        for match in _WORD.finditer(clause.lower()):
            word = match[0].rstrip("s")
            if word not in _SAYS_NOTHING:
                found[word].add(there(match.start()))
    return {word: frozenset(said) for word, said in found.items()}


def _denials_kept(pair: Pair) -> float:
    """Of the words that the primary only denies, and the candidate has too, the share that it denies somewhere."""
    ours, theirs = _words(pair.candidate), _words(pair.primary)
    shared = [word for word, said in theirs.items() if True not in said and word in ours]
    return sum(False in ours[word] for word in shared) / len(shared) if shared else 1.0


def negation(pair: Pair) -> Finding:
    """Signals `findings_agree`, the least share of the primary's statements that say the same of a
    finding, and `denials_kept`; flag `NEGATION` where they all say the opposite of a finding.
    """
    known = _polarity(pair.primary)
    least, which = 1.0, None
    for one in stated(pair.candidate):
        sides = known.get(one.finding)
        if sides is None:
            continue
        share = sides[one.there] / sides.total()
        if share < least:
            least, which = share, one
    flags: tuple[Flag, ...] = ()
    if which is not None and not least:
        other = next(each for each in stated(pair.primary) if each.finding == which.finding)
        flags = (Flag("NEGATION", Severity.REVIEW, f"{which.said}; elsewhere {other.said}"),)
    return Finding({"findings_agree": least, "denials_kept": _denials_kept(pair)}, flags)


def _polarity(text: str) -> Mapping[str, Counter[bool]]:
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    for one in stated(text):
        found[one.finding][one.there] += 1
    return found
