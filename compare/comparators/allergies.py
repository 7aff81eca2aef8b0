"""Is the patient allergic, and to what? What each side says of a substance, or of any at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compare.comparators.drugs import drugs
from compare.comparison import Finding, Flag, Pair, Severity

# Substances by one name for each family: who is allergic to one is told to keep from the others.
_FAMILIES = {
    "penicillin": "penicillin", "penicilin": "penicillin", "penisilin": "penicillin",
    "青霉素": "penicillin", "sulfa": "sulfa", "sulpha": "sulfa", "sulphur": "sulfa",
    "sulfur": "sulfa", "磺胺": "sulfa", "latex": "latex", "lateks": "latex", "乳胶": "latex",
    "peanut": "nut", "nut": "nut", "kacang": "nut", "花生": "nut", "shellfish": "seafood",
    "seafood": "seafood", "prawn": "seafood", "shrimp": "seafood", "udang": "seafood",
    "makanan laut": "seafood", "海鲜": "seafood", "虾": "seafood", "egg": "egg", "telur": "egg",
    "鸡蛋": "egg", "milk": "milk", "susu": "milk", "牛奶": "milk", "contrast": "contrast",
    "iodine": "iodine", "iodin": "iodine", "碘": "iodine", "pollen": "pollen", "dust": "dust",
    "habuk": "dust", "bee": "bee",
}  # fmt: skip
_names = sorted(_FAMILIES, key=len, reverse=True)
_ascii = "|".join(f"{name}s?" for name in _names if name.isascii())
_han = "|".join(name for name in _names if not name.isascii())
_SUBSTANCES = re.compile(rf"\b(?:{_ascii})\b|{_han}", re.IGNORECASE)

_ABOUT = re.compile(r"allerg|alah|alergi|过敏|\bNK(?:D?A|MA)\b", re.IGNORECASE)
"""Every pattern below has one of these, and most texts none of them."""

_kinds = r"(?:known |drug |medication |food |medicine )*"
_drugs = r"(?:any |all |known )*(?:medications?|medicines?|drugs?|anything|foods?)\b"
_NONE = re.compile(
    rf"\bNK(?:D?A|MA)\b|\bno {_kinds}allerg(?:y|ies)\b(?! to\b)"
    rf"|\b(?:denies (?:any |having )?|(?:has|have|reports) no ){_kinds}allerg(?:y|ies)\b(?! to\b)"
    rf"|\b(?:not allergic|no {_kinds}allerg(?:y|ies)|denies {_kinds}allerg(?:y|ies)) to {_drugs}"
    r"|\b(?:tiada|tidak ada|tidak mempunyai) (?:sebarang )?(?:sejarah )?(?:alahan|alergi)\b(?! (?:kepada|terhadap|pada)\b)"
    r"|\b(?:tidak (?:ada |mempunyai )?|tiada )(?:alah|alahan|alergi) (?:kepada|terhadap|pada) "
    r"(?:sebarang |apa-apa |mana-mana )?(?:ubat|ubat-ubatan|makanan(?! laut))\b"
    r"|(?:无|没有|否认)(?:已知)?(?:药物|食物)?过敏",
    re.IGNORECASE,
)
# The line of a note: "Allergies: ...", "Alahan: ...", "过敏史：...".
_SECTION = re.compile(
    r"(?:\b(?:allerg(?:y|ies)(?: history| status)?|alahan(?: ubat| makanan)?|alergi)|过敏史?)\**"
    r"\s*[:：]\**[^\S\n]*(?:\n[^\S\n]*[-*•]?[^\S\n]*)?(?P<what>[^.。;；\n]{1,120})",
    re.IGNORECASE,
)
# Items of such a line, whatever they are: "ragweed, cat dander (hives)". A line of other words is none.
_BETWEEN = re.compile(r"[,，、/&]|\b(?:and|dan)\b|[和及]", re.IGNORECASE)
_ASIDE = re.compile(r"\([^)]*\)?|（[^）]*）?|\s[-–—]\s.*|[*_\[\]]")
_ITEM = re.compile(r"[a-z][a-z'-]{2,}(?: [a-z'-]{3,})?|[\u4e00-\u9fff]{2,5}")
_NO_ITEM = re.compile(
    r"\b(?:unknown|unclear|uncertain|unremarkable|unchanged|reviewed?|discussed|mentioned|documented|provided|available|noted|stated"
    r"|reported|recorded|assessed|specified|listed|confirmed|updated|unable|pending|present|positive|negative|yes|see|per|chart|above"
    r"|below|patient|history|none|not|has|have|with|for|the|seasonal|environmental|multiple|various|several|other|many|some|known"
    r"|allerg\w*|rhinitis|asthma|eczema|rash|hives|mild|severe|moderate|stable|controlled|continue|start|takes?|taking|use|denie[sd]"
    r"|medications?|medicines?|drugs?|foods?|symptoms?|reactions?|intolerance|sensitivity|well|good|daily"
    r"|avoid\w*|triggers?|refer\w*|follow\w*|monitor\w*|prescri\w*|consider|recommend\w*|advised?|due|since|about|from|to|of|in|on|no"
    r"|antihistamines?"
    r"|alah\w*|alergi|ubat\w*|makanan|tidak|tiada|ada|pesakit|diketahui|dinyatakan|dibincang\w*)\b"
    r"|[无未不没待详否有]|过敏|药|食物|患者|皮疹",
    re.IGNORECASE,
)
_NIL = re.compile(
    r"(?:none|nil|no\b(?! longer)|not? known|nka|nkda|nkma|denies|tiada|tidak|无|没有|否认)",
    re.IGNORECASE,
)
_TO = re.compile(
    rf"(?P<not>\b(?:not|no longer|never|isn't|tidak|bukan|tiada|denies|no)(?: known to be| ada| mempunyai)? {_kinds})?"
    r"\b(?:allergic to|allergy to|allergies to|alah(?:an)? (?:kepada|terhadap|pada)|alergi (?:kepada|terhadap|pada))"
    r"\s+(?P<what>[^.;\n]{2,60})"
    r"|(?P<not2>[不未]|没有)?对(?P<what2>[^，。；\n]{1,12}?)(?P<not3>不)?过敏"
    rf"|(?P<not4>[无未]|没有|否认)?(?P<what4>{_han})过敏(?!史?[:：])"
    rf"|(?P<not5>\b(?:no|not|denies) {_kinds})?\b(?P<what5>{_ascii}) allergy\b",
    re.IGNORECASE,
)
_ANOTHER_CLAUSE = re.compile(
    r"\b(?:but|so|because|which|and (?:is|was|has|takes?|prescribed|given|we))\b|[，。]",
    re.IGNORECASE,
)
# "known drug allergies" with nothing before it that denies or asks, and no list or question after.
_SOME = re.compile(
    r"\bknown (?:drug |medication |food |medicine )*allergies\b(?!\s*[:?-]| to\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|not|nor|nil|any|other|deny|denie[sd]|denying|without|never|if|or|whether|your?)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;?!\n]")


_MOST = 500  # allergies of a text: who has more is not a patient


@dataclass(frozen=True, slots=True)
class Allergy:
    """A substance somebody is, or is not, allergic to; `any` stands for all there are."""

    substance: str
    has: bool
    said: str
    as_written: bool = False  # a substance of no known family, by the note's own word


ANY = "any"


def allergies(pair: Pair) -> Finding:
    """Flag `ALLERGY_POLARITY` and `ALLERGY_OTHER`, against the primary, or the prompt alone.

    Polarity (fail): the candidate says the opposite. Other: an allergen named by neither (fail),
    or one of the primary's missing from the candidate's own list (review).
    """
    ours, first = _all_stated(pair.candidate), _all_stated(pair.primary)
    theirs = first or _all_stated(pair.prompt)
    for one in ours:
        for other in theirs:
            if _opposed(one, other, theirs):
                words = f"{one.said}; elsewhere {other.said}"
                return Finding(flags=(Flag("ALLERGY_POLARITY", Severity.FAIL, words),))
    flag = _added(ours, theirs, pair) or _dropped(ours, first, pair.candidate)
    return Finding(flags=(flag,) if flag else ())


def _opposed(one: Allergy, other: Allergy, theirs: tuple[Allergy, ...]) -> bool:
    """The same substance both ways, or some allergy against none, of which the other side knows nothing."""
    if one.has is other.has:
        return False
    if one.substance == other.substance:
        return not any(
            each.substance == one.substance and each.has is one.has for each in theirs
        )
    none = other if one.has else one
    return none.substance == ANY and not any(each.has is one.has for each in theirs)


def _added(ours: tuple[Allergy, ...], theirs: tuple[Allergy, ...], pair: Pair) -> Flag | None:
    """An allergen that neither primary nor prompt names, where they state others."""
    known = _listed(theirs)
    mentioned = _mentioned(f"{pair.primary}\n{pair.prompt}") if known else None
    for one in _listed(ours):
        if mentioned and not mentioned(one, known[0]):
            words = f"{one.said}; elsewhere {known[0].said}"
            return Flag("ALLERGY_OTHER", Severity.FAIL, words)
    return None


def _dropped(
    ours: tuple[Allergy, ...], first: tuple[Allergy, ...], candidate: str
) -> Flag | None:
    """An allergen of the primary's that the candidate, which lists others, does not name at all."""
    listed = _listed(ours)
    mentioned = _mentioned(candidate) if listed else None
    for other in _listed(first):
        if mentioned and not mentioned(other, listed[0]):
            words = f"{listed[0].said}; elsewhere {other.said}"
            return Flag("ALLERGY_OTHER", Severity.REVIEW, words)
    return None


def _mentioned(text: str) -> Callable[[Allergy, Allergy], bool]:
    """Whether a text names the substance of an allergy, or cannot be asked: its list is in another language."""
    families, squeezed = _substances(text), _squeezed(text)
    return lambda one, other: (
        one.substance in families
        or (
            one.as_written
            and (_heading(one) != _heading(other) or _squeezed(one.substance) in squeezed)
        )
    )


def _squeezed(text: str) -> str:
    return re.sub(r"[\s-]+", "", text.casefold())


def _heading(one: Allergy) -> str:
    """The language of the heading or verb that an allergy was stated with."""
    said = one.said.casefold()
    return "en" if "allerg" in said else "ms" if "al" in said else "zh"


def _listed(stated: tuple[Allergy, ...]) -> tuple[Allergy, ...]:
    return tuple(one for one in stated if one.has and one.substance != ANY)


def _all_stated(text: str) -> tuple[Allergy, ...]:
    """What a text states, each of it once; it is compared with all that the other side states."""
    once = {(one.substance, one.has): one for one in reversed(list(_stated(text)))}
    return tuple(list(once.values())[::-1][:_MOST])


def _stated(text: str) -> Iterator[Allergy]:
    if not _ABOUT.search(text):
        return
    for match in _NONE.finditer(text):
        yield Allergy(ANY, False, match[0])
    for match in _SOME.finditer(text):
        before = _SENTENCE_END.split(text[max(0, match.start() - 80) : match.start()])[-1]
        if not _DENIED.search(before):
            yield Allergy(ANY, True, match[0])
    for match in _SECTION.finditer(text):
        yield from _of_section(match)
    for match in _TO.finditer(text):
        has = not any(match[name] for name in ("not", "not2", "not3", "not4", "not5"))
        what = match["what"] or match["what2"] or match["what4"] or match["what5"]
        for substance in _substances(_ANOTHER_CLAUSE.split(what)[0]):
            yield Allergy(substance, has, match[0].strip())


def _of_section(match: re.Match[str]) -> Iterator[Allergy]:
    """What the line under the heading says: none at all, or the substances it names."""
    nil = _NIL.match(match["what"])
    named = _substances(match["what"])
    if nil and not named:
        yield Allergy(ANY, False, match[0].strip())
    for substance in named:
        yield Allergy(substance, not nil, match[0].strip())
    for item in () if nil else _items(match["what"]):
        yield Allergy(item, True, match[0].strip(), as_written=True)


def _items(what: str) -> list[str]:
    """The substances of a plain list that are of no known family; none where it is no plain list."""
    items = [
        one.strip().casefold() for one in _BETWEEN.split(_ASIDE.sub(" ", what)) if one.strip()
    ]
    others = [one for one in items if not _substances(one)]
    plain = all(_ITEM.fullmatch(one) and not _NO_ITEM.search(one) for one in others)
    return [one.removesuffix("s") for one in others] if plain else []


def _substances(words: str) -> set[str]:
    drugged = {part for one in drugs(words) for part in one.ingredients}
    return {_family(one) for one in drugged} | {
        _family(match[0].lower()) for match in _SUBSTANCES.finditer(words)
    }


def _family(name: str) -> str:
    if name.endswith("cillin"):
        return "penicillin"
    return _FAMILIES.get(name) or _FAMILIES.get(name.removesuffix("s")) or name
