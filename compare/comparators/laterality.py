"""Is it the same side of the body? A side and the part it belongs to, against primary and prompt.

A part of which the candidate names one side, and primary and prompt the other alone, is a failure.
One side where they name only both is for review.
A side that nobody else names at all says nothing: the candidate may tell more.
A quadrant of the abdomen and a lobe are named by side and height: "right lower" is another than "right upper".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from compare.comparison import Finding, Flag, Pair, Severity

_LEFT, _RIGHT = "left", "right"
_SIDES = {
    "left": _LEFT, "kiri": _LEFT, "左": _LEFT, "right": _RIGHT, "kanan": _RIGHT, "右": _RIGHT,
    "l": _LEFT, "r": _RIGHT, "os": _LEFT, "od": _RIGHT,
}  # fmt: skip

# Parts that come in pairs or have sides, by one name for each; plurals end in s.
_PARTS = {
    "abdomen": "abdomen", "abdominal": "abdomen", "adnexa": "ovary", "ankle": "ankle",
    "arm": "arm", "atrium": "atrium", "atrial": "atrium", "axilla": "axilla", "back": "back",
    "breast": "breast", "bundle": "bundle", "buttock": "buttock", "calf": "calf",
    "carotid": "carotid", "cheek": "cheek", "chest": "chest", "clavicle": "clavicle",
    "ear": "ear", "elbow": "elbow", "eye": "eye", "extremity": "limb", "face": "face",
    "facial": "face", "femur": "femur", "fibula": "fibula", "finger": "finger",
    "flank": "flank", "foot": "foot", "feet": "foot", "forearm": "forearm", "groin": "groin",
    "hand": "hand", "heel": "heel", "frontal": "frontal", "hemisphere": "hemisphere", "hip": "hip", "humerus": "humerus", "jaw": "jaw",
    "joint": "joint", "lumbar": "lumbar", "occipital": "occipital", "parietal": "parietal",
    "sternal": "sternal", "temporal": "temporal", "vagina": "vagina", "neck": "neck",
    "kidney": "kidney", "renal": "kidney", "knee": "knee", "leg": "leg", "limb": "limb",
    "lobe": "lobe", "lung": "lung", "nostril": "nostril", "ovary": "ovary", "ovarian": "ovary",
    "quadrant": "quadrant", "lq": "quadrant", "uq": "quadrant", "radius": "radius", "rib": "rib", "sacroiliac": "sacroiliac",
    "scapula": "scapula", "shin": "shin", "shoulder": "shoulder", "temple": "temple",
    "testicle": "testicle", "testis": "testicle", "thigh": "thigh", "thumb": "thumb",
    "tibia": "tibia", "toe": "toe", "tonsil": "tonsil", "tm": "ear", "ulna": "ulna",
    "weakness": "weakness", "hemiparesis": "weakness", "hemiplegia": "weakness",
    "numbness": "numbness", "ureter": "ureter", "ventricle": "ventricle", "ventricular": "ventricle", "wrist": "wrist",
    "kuadran": "quadrant", "perut": "abdomen", "bahu": "shoulder", "betis": "calf", "buah pinggang": "kidney", "dada": "chest",
    "jari": "finger", "kaki": "leg", "lengan": "arm", "lutut": "knee", "mata": "eye",
    "muka": "face", "paha": "thigh", "payudara": "breast", "pergelangan": "wrist",
    "pinggul": "hip", "siku": "elbow", "tangan": "hand", "telinga": "ear", "tumit": "heel",
    "膝": "knee", "肩": "shoulder", "眼": "eye", "耳": "ear", "手": "hand", "脚": "foot",
    "足": "foot", "腿": "leg", "臂": "arm", "肘": "elbow", "腕": "wrist", "踝": "ankle",
    "髋": "hip", "乳": "breast", "肺": "lung", "肾": "kidney", "胸": "chest", "腹": "abdomen",
    "base": "base", "basal": "base", "body": "body", "hernia": "hernia", "inguinal": "groin",
    "mastectomy": "breast", "nephrectomy": "kidney", "oophorectomy": "ovary", "pleural": "pleura",
    "badan": "body", "肢体": "limb", "肢體": "limb", "肢": "limb", "身体": "body", "身體": "body",
    "腳": "foot", "腎": "kidney", "髖": "hip", "臉": "face", "脸": "face", "趾": "toe", "指": "finger", "侧腰": "flank", "卵巢": "ovary",
}  # fmt: skip
# Parts with a height as well, and what a side and a height of them make.
_WITH_HEIGHT = {"abdomen": "quadrant", "quadrant": "quadrant", "lobe": "part of a lobe"}
_UPPER, _MIDDLE, _LOWER = "upper", "middle", "lower"
_HEIGHTS = {
    "upper": _UPPER, "atas": _UPPER, "上": _UPPER, "uq": _UPPER, "middle": _MIDDLE,
    "lower": _LOWER, "bawah": _LOWER, "下": _LOWER, "lq": _LOWER,
}  # fmt: skip
_GAP = 3  # words between a side and its part: "left lower posterior leg"

_part = "|".join(
    f"{name}s?" for name in sorted(_PARTS, key=len, reverse=True) if name.isascii()
)
_han = "|".join(sorted((name for name in _PARTS if not name.isascii()), key=len, reverse=True))
# What stands before OD and OS where they are eyes: elsewhere OD is once daily.
_eye = r"\b(?:cataract|vision|visual acuity|acuity|IOP|eye|glaucoma|abrasion|conjunctivitis|ulcer|pain|redness)(?: in| of)? "
_SIDED = re.compile(
    rf"\b(?P<side>left|right)\b(?! side of\b)(?:[- ]sided)?(?P<between>(?:[ -](?!left\b|right\b)[a-z]+){{0,{_GAP}}}?)[ -](?P<part>{_part})\b"
    rf"|\b(?P<part2>{_part}) (?:(?:bahagian )?(?P<height>atas|bawah) )?(?:sebelah |di sebelah )?(?P<side2>kiri|kanan)\b"
    r"(?: (?P<height2>atas|bawah)\b)?"
    rf"|(?<![\d/&])(?<!\d )\b(?P<side4>(?-i:[RL])) (?P<part4>{_part})\b"  # not "2 L", a volume
    rf"|\b(?P<side5>(?-i:[RL]))(?P<part5>(?-i:[UL]Q))\b"
    rf"|\((?P<side6>(?-i:[RL]))\) (?P<part6>{_part})\b|\b(?P<part7>{_part}) \((?P<side7>(?-i:[RL]))\)"
    rf"|\b(?P<side8>left|right) side of (?:(?:the|his|her|their|my|your) )?(?P<part8>{_part})\b"
    rf"|\b(?:sebelah|bahagian) (?P<side9>kiri|kanan) (?P<part9>{_part})\b"
    rf"|{_eye}(?P<side0>(?-i:O[DS]))\b|\b(?P<side1>(?-i:O[DS]))(?=:? ?\d{{1,2}}/\d)"
    rf"|(?P<side3>[左右])(?:侧|側|边|邊|小|大)?(?P<height3>[上下])?(?P<part3>{_han})",
    re.IGNORECASE,
)
_BOTH = re.compile(
    rf"\b(?:both|bilateral(?:ly)?|kedua-dua|kedua)\b[^.\n]{{0,30}}?\b(?P<part>{_part})\b"
    rf"|\b(?P<part2>{_part})\b[^.\n]{{0,30}}?\bbilateral(?:ly)?\b"
    rf"|(?:双侧?|雙側|两侧|兩側)(?P<part3>{_han})",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.\n]")
_OF_A_SIDE = re.compile(
    r"left|right|kiri|kanan|[左右]|\b[RL](?:[UL]Q)?\b|\bO[DS]\b", re.IGNORECASE
)
_OF_BOTH = re.compile(r"both|bilateral|kedua|[双雙两兩]", re.IGNORECASE)
_HEIGHT_BETWEEN = re.compile(r"\b(?:upper|middle|lower)\b", re.IGNORECASE)
_HEIGHT_BEFORE = re.compile(r"\b(?:upper|lower) $", re.IGNORECASE)
# What may not stand between them: another part would take the side, and these words end a phrase.
_ENDS = re.compile(r"\b(?:and|or|to|of|in|on|with|is|was|than|the|a|now|away)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sided:
    """A part of the body with its side, as "left" or "right lower", and how it was written."""

    part: str
    side: str
    said: str


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def sided(text: str) -> tuple[Sided, ...]:
    """The parts of the body that a text names with their side, in order."""
    return tuple(_found(text))


def _found(text: str) -> Iterator[Sided]:
    sentences = (one for one in _SENTENCE.split(text) if _OF_A_SIDE.search(one))
    for match in (match for one in sentences for match in _SIDED.finditer(one)):
        if _ENDS.search(match["between"] or ""):
            continue
        part, side = _part_of(match), _SIDES[_word(match, "side").lower()]
        height = _height(match) if part in _WITH_HEIGHT else ""
        if height:
            part, side = _WITH_HEIGHT[part], f"{side} {height}"
        yield Sided("abdomen" if part == "quadrant" and not height else part, side, match[0])


def _height(match: re.Match[str]) -> str:
    """Whether it is the upper or the lower of a side, or the middle; empty where nothing says so."""
    between = _HEIGHT_BETWEEN.search(match["between"] or "")
    before = _HEIGHT_BEFORE.search(match.string, max(0, match.start() - 8), match.start())
    found = between or before
    said = found[0] if found else _word(match, "height") or _word(match, "part")
    return _HEIGHTS.get(said.strip().lower(), "")


def _part_of(match: re.Match[str]) -> str:
    part = _word(match, "part").lower() or "eye"  # OD and OS name it themselves
    return _PARTS.get(part) or _PARTS[part.removesuffix("s")]


def _word(match: re.Match[str], group: str) -> str:
    """What the one of the numbered groups that took part in the match holds; empty where none did."""
    return next(
        (
            word
            for name, word in match.groupdict().items()
            if word and name.rstrip("0123456789") == group
        ),
        "",
    )


def laterality(pair: Pair) -> Finding:
    """Signal `sides_supported`, how often others name the side least supported, and `LATERALITY`.

    The signal is the share of their mentions of the part that have the candidate's side, 1 where
    they name no side of it.
    """
    others = pair.primary + "\n" + pair.prompt
    known, both = _mentions(others), _both_sides(others)
    support = {
        one: _support(one, known) for one in sided(pair.candidate) if one.part not in both
    }
    least = min(support, key=lambda one: support[one], default=None)
    if least is None:
        return Finding({"sides_supported": 1.0}, _one_of_both(pair.candidate, known, both))
    flags = () if support[least] else (_flag(least, others),)
    return Finding({"sides_supported": support[least]}, flags)


def _one_of_both(
    candidate: str, known: Mapping[str, Counter[str]], both: set[str]
) -> tuple[Flag, ...]:
    """A review where one side alone is left of a part that the others only name with both."""
    ours = _mentions(candidate)
    lost = both - _both_sides(candidate) - set(known)
    for one in sided(candidate):
        if one.part in lost and len(ours[one.part]) == 1:
            return (Flag("LATERALITY", Severity.REVIEW, f"{one.said}; elsewhere both sides"),)
    return ()


def _both_sides(text: str) -> set[str]:
    """The parts that a text names with both sides; few sentences do, and only they are searched."""
    sentences = (one for one in _SENTENCE.split(text) if _OF_BOTH.search(one))
    return {_part_of(match) for one in sentences for match in _BOTH.finditer(one)}


def _support(one: Sided, known: Mapping[str, Counter[str]]) -> float:
    sides = known.get(one.part)
    return sides[one.side] / sides.total() if sides else 1.0


def _flag(one: Sided, others: str) -> Flag:
    theirs = next(each for each in sided(others) if each.part == one.part)
    return Flag("LATERALITY", Severity.FAIL, f"{one.said}; elsewhere {theirs.said}")


def _mentions(text: str) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in sided(text):
        found[one.part][one.side] += 1
    return found
