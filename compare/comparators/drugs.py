"""Names of medicines in a text, in one spelling, by common names and by the stems of generic names.

The stems are the World Health Organization's for international nonproprietary names ("The use of
stems in the selection of INN"); the names are the common ones of a general clinic, with brands and
Chinese names led back to the generic. A word that stands right before a dose counts as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SAME = {
    "acetaminophen": "paracetamol", "panadol": "paracetamol", "tylenol": "paracetamol",
    "parasetamol": "paracetamol", "扑热息痛": "paracetamol", "对乙酰氨基酚": "paracetamol",
    "advil": "ibuprofen", "nurofen": "ibuprofen", "布洛芬": "ibuprofen",
    "glucophage": "metformin", "二甲双胍": "metformin", "阿莫西林": "amoxicillin",
    "amoksisilin": "amoxicillin", "augmentin": "amoxicillin", "zithromax": "azithromycin",
    "阿奇霉素": "azithromycin", "albuterol": "salbutamol", "ventolin": "salbutamol",
    "沙丁胺醇": "salbutamol", "lipitor": "atorvastatin", "阿托伐他汀": "atorvastatin",
    "zocor": "simvastatin", "辛伐他汀": "simvastatin", "norvasc": "amlodipine",
    "amlodipin": "amlodipine", "氨氯地平": "amlodipine", "losec": "omeprazole",
    "奥美拉唑": "omeprazole", "aspirin": "aspirin", "阿司匹林": "aspirin", "华法林": "warfarin",
    "胰岛素": "insulin", "氯雷他定": "loratadine", "clarityne": "loratadine",
    "zyrtec": "cetirizine", "西替利嗪": "cetirizine", "lasix": "furosemide", "呋塞米": "furosemide",
    "泼尼松": "prednisone", "泼尼松龙": "prednisolone", "左甲状腺素": "levothyroxine",
    "euthyrox": "levothyroxine", "synthroid": "levothyroxine", "氯沙坦": "losartan",
    "赖诺普利": "lisinopril", "格列齐特": "gliclazide", "头孢氨苄": "cephalexin",
    "口服补液盐": "ors", "叶酸": "folic acid",
}  # fmt: skip
_NAMES = frozenset({
    "aciclovir", "acyclovir", "adrenaline", "albendazole", "alendronate", "allopurinol",
    "amitriptyline", "amlodipine", "aspirin", "bisacodyl", "carbamazepine", "celecoxib",
    "cetirizine", "chlorpheniramine", "citalopram", "clopidogrel", "codeine", "colchicine",
    "dexamethasone", "diclofenac", "digoxin", "diphenhydramine", "domperidone",
    "doxycycline", "enoxaparin", "epinephrine", "escitalopram", "ferrous", "fluconazole",
    "fluoxetine", "fosamax", "furosemide", "gabapentin", "glibenclamide", "gliclazide",
    "glipizide", "glyburide", "haloperidol", "heparin", "hydrochlorothiazide",
    "hydrocortisone", "ibuprofen", "insulin", "iron", "ivermectin", "lactulose",
    "levetiracetam", "levothyroxine", "lithium", "loperamide", "loratadine", "mebendazole",
    "mefenamic", "metformin", "methotrexate", "metoclopramide", "montelukast", "morphine",
    "naproxen", "nitrofurantoin", "olanzapine", "ondansetron", "oseltamivir", "paracetamol",
    "phenytoin", "prednisolone", "prednisone", "pregabalin", "promethazine", "quetiapine",
    "risperidone", "salbutamol", "sertraline", "spironolactone", "theophylline", "tramadol",
    "trimethoprim", "valproate", "vancomycin", "warfarin",
})  # fmt: skip
_STEM = re.compile(
    r"[a-z]{3,}(?:cillin|cycline|mycin|micin|oxacin|azole|pril|sartan|olol|statin|dipine|prazole|tidine"
    r"|gliptin|gliflozin|glutide|formin|glitazone|triptan|setron|azepam|azolam|caine|profen|oxetine"
    r"|parin|xaban|gatran|vir|tadine|thiazide|semide|terol|sone|solone|cort|lukast|fibrate|dronate)"
)
_EVERYDAY = frozenset({
    "about", "above", "after", "also", "amount", "around", "average", "between", "caffeine",
    "calcium", "capsule", "capsules", "carbohydrates", "carbs", "cholesterol", "containing",
    "contains", "could", "daily", "dengan", "dos", "dosage", "dose", "doses", "each",
    "equals", "every", "exactly", "fat", "fiber", "fibre", "from", "gave", "gets", "given",
    "gives", "had", "has", "have", "hingga", "holds", "kurang", "lebih", "less", "level",
    "levels", "limit", "maksimum", "maximum", "minimum", "more", "most", "need", "needs",
    "only", "oral", "over", "pill", "pills", "potassium", "protein", "provides", "ratio",
    "recommended", "roughly", "sebanyak", "sehari", "serving", "setiap", "should", "sodium",
    "start", "strength", "sugar", "sugars", "tablet", "tablets", "take", "takes", "taking",
    "than", "that", "then", "this", "total", "under", "until", "used", "using", "usual",
    "usually", "with", "within", "would",
})  # fmt: skip
_NO_DRUGS = frozenset({"cholesterol"})  # words of the body that end as a generic name does
_WORD = re.compile(r"[a-z][a-z'-]{3,}", re.IGNORECASE)
_HAN = re.compile(
    "|".join(sorted((name for name in _SAME if not name.isascii()), key=len, reverse=True))
)


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine's generic name in lower case, and where it starts and ends in the text."""

    name: str
    at: tuple[int, int]


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def drugs(text: str) -> tuple[Drug, ...]:
    """The medicines named in a text, in order."""
    found = [
        Drug(name, match.span())
        for match in _WORD.finditer(text)
        if (name := _generic(match[0].lower()))
    ]
    found += [Drug(_SAME[match[0]], match.span()) for match in _HAN.finditer(text)]
    return tuple(sorted(found, key=lambda one: one.at))


def named_before(text: str, at: int) -> str:
    """The word right before a place in a text, where it could name a medicine; else empty."""
    match = re.search(r"([A-Za-z][A-Za-z-]{3,})\s*[:(]?\s*$", text[max(0, at - 40) : at])
    word = match[1].lower() if match else ""
    return "" if word in _EVERYDAY else word


def _generic(word: str) -> str:
    name = _SAME.get(word, word)
    if word in _NO_DRUGS:
        return ""
    return name if word in _SAME or name in _NAMES or _STEM.fullmatch(name) else ""
