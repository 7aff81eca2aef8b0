"""Is the patient allergic or not? What each side says of a substance, or of any at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compare.comparators.drugs import drugs
from compare.comparison import Finding, Flag, Pair, Severity

_NONE = re.compile(
    r"\bNK(?:D?A|MA)\b|\bno known (?:drug |medication |food |medicine )*allerg(?:y|ies)\b"
    r"|\b(?:denies|has|have|reports) (?:any |no )(?:known |drug |medication |food )*allerg(?:y|ies)\b"
    r"|\b(?:tiada|tidak ada|tidak mempunyai) (?:sejarah )?(?:alahan|alergi)\b"
    r"|(?:无|没有|否认)(?:已知)?(?:药物|食物)?过敏",
    re.IGNORECASE,
)
_TO = re.compile(
    r"(?P<not>\b(?:not|no longer|never|isn't|tidak|bukan) (?:known to be )?)?"
    r"\b(?:allergic to|allergy to|allergies to|alah(?:an)? (?:kepada|terhadap|pada)|alergi (?:kepada|terhadap|pada))"
    r"\s+(?P<what>[^.;\n]{2,60})"
    r"|(?P<not2>[不未]|没有)?对(?P<what2>[^，。；\n]{1,12}?)(?P<not3>不)?过敏",
    re.IGNORECASE,
)
_SUBSTANCES = re.compile(
    r"\b(?:penicillin|sulfa|sulphur|sulfur|latex|peanuts?|nuts?|shellfish|seafood|eggs?|milk|contrast"
    r"|iodine|pollen|dust|bees?|kacang|telur|udang|makanan laut)\b|青霉素|花生|海鲜|鸡蛋|牛奶|碘",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Allergy:
    """A substance somebody is, or is not, allergic to; `any` stands for all there are."""

    substance: str
    has: bool
    said: str


ANY = "any"


def allergies(pair: Pair) -> Finding:
    """Flag `ALLERGY_POLARITY` (fail) where the candidate says the opposite of the primary, or of the prompt alone."""
    ours = tuple(_stated(pair.candidate))
    theirs = tuple(_stated(pair.primary)) or tuple(_stated(pair.prompt))
    for one in ours:
        for other in theirs:
            if _opposed(one, other, theirs):
                words = f"{one.said}; elsewhere {other.said}"
                return Finding(flags=(Flag("ALLERGY_POLARITY", Severity.FAIL, words),))
    return Finding()


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


def _stated(text: str) -> Iterator[Allergy]:
    for match in _NONE.finditer(text):
        yield Allergy(ANY, False, match[0])
    for match in _TO.finditer(text):
        has = not (match["not"] or match["not2"] or match["not3"])
        for substance in _substances(match["what"] or match["what2"]):
            yield Allergy(substance, has, match[0].strip())


def _substances(words: str) -> set[str]:
    named = {part for one in drugs(words) for part in one.ingredients}
    return named | {match[0].lower().removesuffix("s") for match in _SUBSTANCES.finditer(words)}
