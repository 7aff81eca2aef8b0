"""What a text states of allergies: to which substance, to none at all, or to none of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from compare.comparators.allergens import (
    DRUG,
    FOOD,
    OTHER,
    allergens,
    allergens_at_start,
    causes,
    kind_of,
    last_allergen,
)
from compare.comparators.listed_allergens import listed_allergens

_SIMPLIFIED = str.maketrans("過藥無沒認對黴鮮蝦雞膠類劑應發現確顯後與嚴見頭芐顯爾痺碘", "过药无没认对霉鲜虾鸡胶类剂应发现确显后与严见头苄显尔痹碘")  # fmt: skip
"""Traditional characters, each to its simplified one, so that places in the text stay."""
_ABOUT = re.compile(
    r"allerg|alah|alergi|过敏|\bNK(?:D?A|MA)\b|anaphyl|anafil|hypersensitiv|\b(?:hives|rash|urticaria|angioedema)\b",
    re.IGNORECASE,
)
"""Every pattern below has one of these, and most texts none of them."""

_kinds = r"(?:(?:known|drug|medication|food|medicine|or|and|history of|previous|prior|any|true) |/ ?|drug/)*"
_drugs = r"(?:any |all |known )*(?:medications?|medicines?|drugs?|anything|foods?)\b"
_malay_kinds = r"(?: (?:ubat(?:-ubatan)?|makanan(?! laut)|dan|atau)\b)*+"
_NONE = re.compile(
    rf"\bNK(?:D?A|MA)\b|\bno {_kinds}allerg(?:y|ies)\b(?! to\b)"
    rf"|\b(?:denies (?:any |having )?|(?:has|have|reports) no ){_kinds}allerg(?:y|ies)\b(?! to\b)"
    rf"|\b(?:not (?:known to be )?allergic|no {_kinds}allerg(?:y|ies)|denies {_kinds}allerg(?:y|ies)) to {_drugs}"
    rf"|\b(?:tiada|tidak ada|tidak mempunyai|menafikan) (?:sebarang )?(?:sejarah )?(?:alahan|alergi)\b{_malay_kinds}"
    r"(?! (?:kepada|terhadap|pada|lain)\b)"
    r"|\b(?:tidak (?:ada |mempunyai )?|tiada )(?:alah|alahan|alergi) (?:kepada|terhadap|pada) "
    r"(?:sebarang |apa-apa |mana-mana )?(?:ubat|ubat-ubatan|makanan(?! laut))\b"
    r"|(?:无|没有|否认|未发现)(?:明确)?(?:已知)?(?:的)?(?:(?:药物|食物|药品)[、和及或与]?)*过敏",
    re.IGNORECASE,
)
_OF_DRUGS = re.compile(r"drug|medic|NKDA|NKMA|ubat|药", re.IGNORECASE)
_OF_FOOD = re.compile(r"food|makanan(?! laut)|食物", re.IGNORECASE)
_MALAY = re.compile(r"(?:alahan|alergi)$", re.IGNORECASE)
_THE_REST = re.compile(r"\b(?:otherwise|else|other|further|selain itu|lain)[ ,:]+(?:\w+ )?$|其[他它余]$|除[^。；]{1,15}外[，,]?$", re.IGNORECASE)  # fmt: skip
"""What stands before a "none" that is about the rest."""
_EXCEPT = re.compile(
    r",?\s*(?:\(?(?:other than|except(?:ing)?(?: for| to)?|apart from|aside from|besides|kecuali|selain))\b(?P<what>[^.;\n]{0,60})",
    re.IGNORECASE,
)
# The line of a note: "Allergies: ...", "Alahan: ...", "过敏史：...".
_SECTION = re.compile(
    r"(?:\b(?:(?:drug|medication|medicine|food) )?(?:allerg(?:y|ies)(?: history| status)?|alahan(?: ubat| makanan)?|alergi)"
    r"|(?:药物|食物)?过敏史?)\**"
    r"\s*[:：]\**[^\S\n]*(?:\n[^\S\n]*[-*•]?[^\S\n]*)?(?P<what>[^.。;；\n]{1,120})",
    re.IGNORECASE,
)
_NIL = re.compile(
    r"(?:none|nil|no\b(?! longer)|not? known|nka|nkda|nkma|denies|tiada|tidak|无|没有|否认)",
    re.IGNORECASE,
)
_react = r"(?:anaphyla(?:xis|ctic)(?: (?:reactions?|shock))?|anafilaksis|hives|rash|urticaria|angioedema)"
_TO = re.compile(
    r"\b(?:allergic (?:reactions? )?to|allerg(?:y|ies) to|hypersensitiv(?:e|ity) to|alah(?:an)? (?:kepada|terhadap|pada)"
    r"|alergi (?:kepada|terhadap|pada))(?! which\b)\s+(?P<what>[^.;\n]{2,60})"
    rf"|\b{_react} (?:with|to|from|on|after|following|due to|secondary to|caused by|kepada|terhadap|akibat|selepas|pada)"
    r" (?P<cause>[^.,;\n]{2,40})"
    r"|对(?P<what2>[^，。；\n]{1,12}?)(?P<not>不)?过敏",
    re.IGNORECASE,
)
# The substance first: "penicillin allergy", "bee stings, to which he is allergic", "青霉素、海鲜过敏".
_FIRST = re.compile(
    r"[ -]allerg(?:y|ic|ies(?!\s*\**[:：]))\b(?! to\b)"
    r"|,? (?:to )?(?:which|that) (?:\w+ ){1,3}?(?:is|are|am|was|were) (?P<not>not )?allergic\b(?: to\b)?"
    r"|(?:后|后出现|严重)?过敏(?!史?[:：])(?!性)",
    re.IGNORECASE,
)
_OF_ITS_KIND = re.compile(r"[ ,]*(?:stings?|bites?|venom|antibiotics?|products?|类?(?:药物?|抗生素)?)$", re.IGNORECASE)  # fmt: skip
_AND = re.compile(r"(?:[\s,/、和及或与]|\b(?:and|or|dan|atau))+$", re.IGNORECASE)
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
_between = (
    r"(?:(?:known|to|be|been|a|an|any|ever|had|has|have|having|history|of|prior|previous|reports?|documented|drug|medication|food"
    r"|medicine|ada|mempunyai|sebarang|sejarah|pernah|anaphylactic|reactions?)[ ]|[\w-]+ (?:or|nor|atau) |[\w-]+/)"
)
_NOT = re.compile(
    rf"(?:\b(?:not|no longer|no|never|isn't|without|denie[sd]|denying|tidak|bukan|tiada|menafikan) {_between}{{0,5}}"
    r"|(?:[不未无]|没有|否认)(?:明确|已知|有|是|[\u4e00-\u9fff]{2,5}[、或和及])*对?)$",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\b(?:if|whether|(?:are|were|do|did|have) you|is (?:he|she)|does (?:he|she))\b[^.;?!\n]{0,20}$", re.IGNORECASE)  # fmt: skip
_SENTENCE_END = re.compile(r"[.;?!\n]")
_CLAUSE_END = re.compile(r"[.;:?!\n。；：，]")
_MOST = 500  # allergies of a text: who has more is not a patient
ANY = "any"


@dataclass(frozen=True, slots=True)
class Allergy:
    """A substance somebody is, or is not, allergic to; `any` stands for all there are of the kind."""

    substance: str
    has: bool
    said: str
    kind: str = (
        ""  # "drug", "food" or "other"; empty, which only `any` may have, is all of them
    )
    as_written: bool = False  # a substance of no known family, by the note's own word


def stated(text: str) -> tuple[Allergy, ...]:
    """What a text states, each of it once, in order."""
    if not _ABOUT.search(simple := text.translate(_SIMPLIFIED)):
        return ()
    once: dict[tuple[str, bool, str], Allergy] = {}
    for one, (start, end) in _stated(simple):
        once.setdefault(
            (one.substance, one.has, one.kind), replace(one, said=text[start:end].strip())
        )
        if len(once) == _MOST:
            break
    return tuple(once.values())


_Placed = tuple[Allergy, tuple[int, int]]


def _stated(text: str) -> Iterator[_Placed]:
    for match in _NONE.finditer(text):
        yield from _none(match)
    yield from _some(text)
    for match in _SECTION.finditer(text):
        for one in _of_section(match):
            yield one, match.span()
    for match in _TO.finditer(text):
        yield from _after(match)
    for match in _FIRST.finditer(text):
        yield from _before(match)


def _some(text: str) -> Iterator[_Placed]:
    """Known allergies that are not named."""
    for match in _SOME.finditer(text):
        before = _SENTENCE_END.split(text[max(0, match.start() - 80) : match.start()])[-1]
        if not _DENIED.search(before):
            yield Allergy(ANY, True, match[0], _of(match[0])), match.span()


def _of(words: str) -> str:
    """The kind of allergies that some words are about: empty for all of them."""
    drug, food = _OF_DRUGS.search(words), _OF_FOOD.search(words)
    return "" if bool(drug) is bool(food) else DRUG if drug else FOOD


def _none(match: re.Match[str]) -> Iterator[_Placed]:
    """None of a kind; not where it is about the rest, or about the substance that follows."""
    text, end = match.string, match.end()
    if _THE_REST.search(text, max(0, match.start() - 30), match.start()):
        return
    if but := _EXCEPT.match(text, end):
        for name in allergens(but["what"]):
            yield Allergy(name, True, "", kind_of(name)), (match.start(), but.end())
        return
    following = text[end : end + 30] if _MALAY.search(match[0]) else ""
    if named := allergens_at_start(following.split("\n")[0]):
        for name in named:
            yield Allergy(name, False, "", kind_of(name)), (match.start(), end + 30)
        return
    yield Allergy(ANY, False, "", _of(match[0])), match.span()


def _of_section(match: re.Match[str]) -> Iterator[Allergy]:
    """What the line under the heading says: none at all, or the substances it names."""
    what, heading = match["what"], match[0][: match.start("what") - match.start()]
    if none := _NONE.match(what):
        what = what[none.end() :]
    nil, but = _NIL.match(what), bool(_EXCEPT.search(what))
    named = causes(allergens(what))
    if nil and not named:
        yield Allergy(ANY, False, "", _of(heading) or _of(what))
    for substance in named:
        yield Allergy(substance, not nil or but, "", kind_of(substance))
    for item in () if nil or none else listed_allergens(what):
        yield Allergy(item, True, "", _of(heading) or OTHER, as_written=True)


def _after(match: re.Match[str]) -> Iterator[_Placed]:
    """The substances after "allergic to" or "anaphylaxis to"; some where it is none that is known."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    if _ASKED.search(before):
        return
    denied = _NOT.search(before)
    has = not (match["not"] or denied)
    at = (match.start() - len(denied[0]) if denied else match.start(), match.end())
    what = _ANOTHER_CLAUSE.split(match["what"] or match["what2"] or "")[0]
    names = _of_cause(match["cause"]) if match["cause"] else allergens(what)
    for name in names:
        yield Allergy(name, has, "", kind_of(name)), at
    if has and not names and listed_allergens(what):
        yield Allergy(ANY, True, "", OTHER), at


def _of_cause(cause: str) -> set[str]:
    """What a rash or an anaphylaxis came from: right after it, and no medicine for it."""
    words = re.sub(
        r"^(?:(?:the|an?|oral|iv|taking|eating|eaten|previous|makan|ubat) )*", "", cause
    )
    put_on = re.search(r"\b(?:cream|ointment|lotion|gel)\b", words)
    return set() if put_on else causes(allergens_at_start(words))


def _before(match: re.Match[str]) -> Iterator[_Placed]:
    """The substances right before "allergy", and those listed with them."""
    words = _CLAUSE_END.split(match.string[max(0, match.start() - 60) : match.start()])[-1]
    rest, names = _OF_ITS_KIND.sub("", words), set[str]()
    while (at := last_allergen(rest)) is not None:
        names |= causes(allergens(rest[at:]))
        rest = _AND.sub("", rest[:at])
    has = not (match["not"] or _NOT.search(f"{rest} ") or _NOT.search(rest))
    for name in names:
        yield Allergy(name, has, "", kind_of(name)), (match.start() - len(words), match.end())
