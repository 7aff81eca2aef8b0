"""What people are allergic to: one name for each substance, its class, and whether it is a drug or a food.

A medicine counts by its generic name. Penicillins are one substance, since who is allergic to one is
kept from the others; of other classes a member is the same as its class, and not as another member.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compare.comparators.drugs import drugs

DRUG, FOOD, OTHER = "drug", "food", "other"

# Names with "_" are of several words. What is given to or put on a patient is asked for with the drugs: contrast, iodine and latex.
_BY_KIND = {
    DRUG: {
        "penicillin": "penicillin penicilin penicilline penisilin 青霉素 盘尼西林 阿莫西林 氨苄西林",
        "cephalosporin": "cephalosporin cefalosporin sefalosporin 头孢菌素 头孢",
        "sulfa": "sulfa sulpha sulphur sulfur sulfonamide sulphonamide sulfonamida 磺胺",
        "nsaid": "nsaid nsaids 非甾体抗炎药 非类固醇消炎药",
        "macrolide": "macrolide makrolida 大环内酯",
        "quinolone": "quinolone fluoroquinolone kuinolon 喹诺酮",
        "tetracycline": "tetracycline tetrasiklin 四环素",
        "aminoglycoside": "aminoglycoside",
        "opioid": "opioid opiate narcotic 阿片",
        "statin": "statin 他汀",
        "ace inhibitor": "ace_inhibitor acei",
        "local anaesthetic": "local_anaesthetic local_anesthetic",
        "antibiotic": "antibiotic antibiotik 抗生素",
        "aspirin": "asa 阿司匹林",
        "contrast": "contrast dye kontras 造影剂",
        "iodine": "iodine iodin 碘",
        "latex": "latex lateks 乳胶",
    },
    FOOD: {
        "nut": "nut peanut kacang 花生 坚果",
        "seafood": "shellfish seafood prawn shrimp udang makanan_laut 海鲜 虾",
        "egg": "egg telur 鸡蛋",
        "milk": "milk dairy susu 牛奶",
    },
    OTHER: {
        "pollen": "pollen",
        "dust": "dust habuk 尘螨 灰尘",
        "bee": "bee wasp lebah 蜂",
    },
}  # fmt: skip
_KIND = {family: kind for kind, families in _BY_KIND.items() for family in families}
_FAMILIES = {
    name.replace("_", " "): family
    for families in _BY_KIND.values()
    for family, names in families.items()
    for name in names.split()
}
_names = sorted(_FAMILIES, key=len, reverse=True)
_SUBSTANCE = re.compile(
    rf"\b(?:{'|'.join(f'{name}s?' for name in _names if name.isascii())})\b"
    rf"|{'|'.join(name for name in _names if not name.isascii())}",
    re.IGNORECASE,
)

_CLASSES = {
    "nsaid": "aspirin ibuprofen naproxen diclofenac ketorolac mefenamic_acid meloxicam celecoxib etoricoxib"
    " indometacin indomethacin ketoprofen piroxicam etodolac nabumetone parecoxib",
    "opioid": "morphine codeine dihydrocodeine tramadol oxycodone hydrocodone hydromorphone fentanyl"
    " methadone pethidine meperidine buprenorphine tapentadol",
    "macrolide": "erythromycin azithromycin clarithromycin roxithromycin",
    "aminoglycoside": "gentamicin amikacin tobramycin streptomycin neomycin",
}  # fmt: skip
_CLASS = {
    name.replace("_", " "): family
    for family, members in _CLASSES.items()
    for name in members.split()
}
_BY_STEM = (
    (re.compile(r"cef.*"), "cephalosporin"), (re.compile(r".*oxacin"), "quinolone"),
    (re.compile(r"sulf.*"), "sulfa"), (re.compile(r".*cycline"), "tetracycline"),
    (re.compile(r"(?!ny|pento|cila).*statin"), "statin"), (re.compile(r".*pril"), "ace inhibitor"),
    (re.compile(r".*caine"), "local anaesthetic"),
)  # fmt: skip
_ANTIBIOTICS = frozenset({
    "penicillin", "cephalosporin", "sulfa", "macrolide", "quinolone", "tetracycline",
    "aminoglycoside",
})  # fmt: skip
# Of a combination, what nobody is said to be allergic to: Augmentin is a penicillin, Bactrim is sulfa.
_WITH = frozenset({
    "clavulanic acid", "clavulanate", "sulbactam", "tazobactam", "avibactam", "trimethoprim",
})  # fmt: skip
_REMEDY = re.compile(
    r".*(?:tadine|tirizine|asone|solone|cortisone|lukast|nide)|prednisone|diphenhydramine"
    r"|chlorphena?mine|chlorpheniramine|fexofenadine|hydroxyzine|promethazine|adrenaline|calamine"
    r"|azelastine|olopatadine|cromoglicate|cromolyn|salbutamol|pseudoephedrine|oxymetazoline"
)
"""Medicines that allergies are treated with: beside the word they are mostly not the cause."""


def allergens(words: str) -> set[str]:
    """The substances that some words name."""
    return {name for name, _ in _found(words)}


def last_allergen(words: str) -> int | None:
    """Where the substance starts that some words end with: "takes losartan, egg" ends with egg."""
    end = len(words.rstrip())
    return min((first for _, (first, stop) in _found(words) if stop == end), default=None)


def allergens_at_start(words: str) -> set[str]:
    """The substances that some words begin with."""
    start = len(words) - len(words.lstrip())
    return {name for name, (first, _) in _found(words) if first == start}


def causes(named: set[str]) -> set[str]:
    """Those of some substances that are no remedy of allergies."""
    return {one for one in named if not _REMEDY.fullmatch(one)}


def kind_of(name: str) -> str:
    """Whether a substance is a drug, a food or another; a name of no family is a medicine's."""
    return _KIND.get(name, DRUG)


def same_allergen(one: str, other: str) -> bool:
    """Whether two substances are one, or the class and its member."""
    return one == other or other in _classes(one) or one in _classes(other)


def _classes(name: str) -> tuple[str, ...]:
    family = _CLASS.get(name) or next(
        (family for stem, family in _BY_STEM if stem.fullmatch(name)), name
    )
    return (family, "antibiotic") if family in _ANTIBIOTICS else (family,)


def _found(words: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for one in drugs(words):
        parts = one.ingredients
        for part in (part for part in parts if len(parts) == 1 or part not in _WITH):
            yield _family(part), one.at
    for match in _SUBSTANCE.finditer(words):
        yield _family(match[0].lower()), match.span()


def _family(name: str) -> str:
    if name.endswith("cillin") or name.startswith("penicillin"):
        return "penicillin"
    return _FAMILIES.get(name) or _FAMILIES.get(name.removesuffix("s")) or name
