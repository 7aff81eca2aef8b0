"""Is a finding there or not? What each side affirms and denies, finding by finding. For review only.

After NegEx (Chapman et al., J Biomed Inform 2001): a trigger denies what follows it, up to the end
of its clause or a word that ends its scope. Clean answers disagree here as well, so this is never a
failure by itself. Nor is a "Yes" where the primary begins with "No": of a question that denies, both
may say the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from compare.comparators.closed import opening
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
_STOPS = re.compile(r"[,:;，、]|\band\b")
_TOKEN = re.compile(r"[a-z]+|[^a-z\s]")
# Chinese has no spaces: every two signs count as a word, but for those that deny or affirm.
_HAN_PAIR = re.compile(r"(?=([\u3400-\u9fff]{2}))(?![无没否不未有]|.[无没否不未有])")
_LONG = 4  # letters of a word that may say something
_ENDS_PHRASE = frozenset({
    "after", "and", "appreciated", "as", "at", "be", "been", "before", "but", "by", "currently",
    "detected", "due", "during", "for", "found", "from", "heard", "in", "is", "nor", "noted",
    "observed", "of", "on", "or", "over", "present", "recently", "seen", "since", "that", "through",
    "to", "today", "upon", "was", "were", "when", "which", "while", "with",
})  # fmt: skip
_SAYS_NOTHING = frozenset({
    "about", "after", "also", "been", "before", "could", "current", "currently", "days",
    "denied", "denie", "does", "doctor", "doing", "done", "given", "have", "history", "into", "issue",
    "known", "made", "more", "most", "negative", "noted", "only", "other", "over", "patient",
    "positive", "recent", "report", "reported", "seen", "sign", "significant", "some", "state",
    "stated", "such", "symptom", "than", "that", "their", "them", "then", "there", "they", "thi",
    "time", "today", "very", "week", "were", "what", "when", "where", "which", "while", "will",
    "with", "without", "would", "your",
    "adalah", "beliau", "dalam", "dengan", "doktor", "hari", "juga", "kepada", "masih", "oleh",
    "pada", "pesakit", "sejak", "telah", "untuk", "yang",
    "患者", "病人", "医生",
})  # fmt: skip
_NO_PLACE = frozenset({
    "a", "and", "any", "are", "be", "every", "is", "less", "mild", "moderate", "more", "of", "on", "or", "positive",
    "severe", "slight", "some", "the", "there", "this", "to", "was", "were", "with",
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
    r"\b(?:denie[sd]|denying|no|not|nor|without|negative for|absence of|absent|never|none|\w*n[’']t"
    r"|free of|ruled out|tiada|tidak|tak|bukan|tanpa|menafikan)\b|无|没有|否认|未见|不",
    re.IGNORECASE,
)
# What ends a denial: a word that affirms, a new predicate, a word for health, or the label of the next part.
_AFFIRMS = re.compile(
    r"\b(?:reports?|reported|complains? of|endorses?|with|has|had|shows?|showed|reveals?|revealed|presents?"
    r"|positive for|marked|notes|noted|admits|except for|other than|despite|due to|because"
    r"|and (?:is|was|are|were|will|does|can|should|that)"
    r"|normal|regular|intact|clear|soft|supple|equal|stable|mengadu|mengalami|mempunyai)\b"
    r"|(?<![a-z])[a-z][a-z/]{1,14}(?: [a-z]{1,10})?:|主诉|有",
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
    kept: list[tuple[int, bool]] = []
    for end, there in sorted(triggers):
        if not (there and kept and not kept[-1][1] and _undone(clause[kept[-1][0] : end])):
            kept.append((end, there))
    ends = [end for end, _ in kept]

    def there_at(start: int) -> bool:
        before = bisect_right(ends, start)
        return kept[before - 1][1] if before else True

    return there_at


def _undone(words: str) -> bool:
    """Whether the denial before these words takes in the one that ends them: "(did not) show"."""
    return len(words) <= _NEAR and not _STOPS.search(words)


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
        and place not in _NO_PLACE
        and not _DENIES.fullmatch(place)
        and not _AFFIRMS.fullmatch(place)
    )
    return f"{place} {name}" if placed else name


@dataclass(frozen=True, slots=True)
class _Said:
    """A word of a clause: whether what it stands for is there, and whether it is what a phrase is about."""

    word: str
    there: bool
    head: bool


@lru_cache(maxsize=64)
def _words(text: str) -> tuple[_Said, ...]:
    """The words of a text that say something, in order; "heart failure" is about a failure."""
    found = []
    for clause in _clauses(text.replace(" n't", "n't").lower()):
        there, words = _polarity_at(clause), list(_TOKEN.finditer(clause))
        found += [
            _Said(pair[1], there(pair.start()), True) for pair in _HAN_PAIR.finditer(clause)
        ]
        for match, after in zip_longest(words, words[1:]):
            word = match[0].rstrip("s")
            if len(match[0]) < _LONG or not match[0].isalpha() or word in _SAYS_NOTHING:
                continue
            head = after is None or not after[0].isalpha() or after[0] in _ENDS_PHRASE
            found.append(_Said(word, there(match.start()), head))
    return tuple(found)


@lru_cache(maxsize=64)
def _sides(text: str) -> Mapping[str, frozenset[bool]]:
    """What a text says of each word: there, denied, or both."""
    found: dict[str, set[bool]] = defaultdict(set)
    for one in _words(text):
        found[one.word].add(one.there)
    return {word: frozenset(there) for word, there in found.items()}


def _denials_kept(pair: Pair) -> float:
    """Of the words that the primary only denies, and the candidate has too, the share it never affirms.

    Half a conflict in two words says less than five in ten: one more is counted as kept.
    """
    ours, theirs = _sides(pair.candidate), _sides(pair.primary)
    shared = [word for word, there in theirs.items() if True not in there and word in ours]
    return 1 - sum(True in ours[word] for word in shared) / (len(shared) + 1)


def _affirmations_kept(pair: Pair) -> float:
    """Of the candidate's words that the primary has, the share that is no denial of what it only affirms."""
    theirs = _sides(pair.primary)
    shared = [one for one in _words(pair.candidate) if one.word in theirs]
    denied = [
        one for one in shared if one.head and not one.there and False not in theirs[one.word]
    ]
    return 1 - len(denied) / (len(shared) + 1)


def negation(pair: Pair) -> Finding:
    """Signals `findings_agree`, the least share of the primary's statements that say the same of a
    finding, `denials_kept` and `affirmations_kept` by word; flag `NEGATION` where they all say the
    opposite of a finding, or where one answer begins with yes and the other with no.
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
    flags = _turned(pair)
    if not flags and which is not None and not least:
        other = next(each for each in stated(pair.primary) if each.finding == which.finding)
        flags = (Flag("NEGATION", Severity.REVIEW, f"{which.said}; elsewhere {other.said}"),)
    signals = {
        "findings_agree": least,
        "denials_kept": _denials_kept(pair),
        "affirmations_kept": _affirmations_kept(pair),
    }
    return Finding(signals, flags)


def _turned(pair: Pair) -> tuple[Flag, ...]:
    """A review where one answer begins with yes and the other with no."""
    ours, theirs = opening(pair.candidate), opening(pair.primary)
    if not ours or not theirs or ours == theirs:
        return ()
    said = (text.strip()[:80] for text in (pair.candidate, pair.primary))
    return (Flag("NEGATION", Severity.REVIEW, "; elsewhere ".join(said)),)


def _polarity(text: str) -> Mapping[str, Counter[bool]]:
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    for one in stated(text):
        found[one.finding][one.there] += 1
    return found
