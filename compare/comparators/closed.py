"""Questions with few answers: yes or no, how many, which of these. English, Malay and Chinese.

Both the question and the answer have to be plain; of anything else the answer is not known, and
nothing is said of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from compare.comparators.lexical import normalised
from compare.comparators.quantities import quantities


class Ask(StrEnum):
    """What a question asks for."""

    YES_OR_NO = "yes or no"
    COUNT = "a number"
    CHOICE = "one of these"


@dataclass(frozen=True, slots=True)
class Question:
    """A closed question; `options` are those of a choice, normalised."""

    ask: Ask
    options: tuple[str, ...] = ()


_SENTENCE = re.compile(r"(?<=[?？])|(?<=[.!。！])\s*|\n")
_ONLY = re.compile(
    r"\b(?:yes or no|yes/no|ya atau tidak|ya/tidak)\b|是或否|是或不是|是否", re.I
)
_YES_NO = re.compile(
    r"^(?:(?:and|so|please tell me|in (?:this|the) (?:image|picture|x-?ray|photo|scan)),?\s+)*"
    r"(?:is|are|was|were|does|do|did|has|have|had|(?:can|could)(?! you\b))\b"
    r"|^(?:adakah|ada)\b|\b(?:bolehkah|adakah)\b|吗|嗎|有没有|有沒有|是不是|能否|可否",
    re.I,
)
_COUNT = re.compile(r"\bhow many\b|\bberapa(?:kah)?\s+(?:banyak|bilangan|orang|biji|ekor|buah|batang|keping|helai)\b|\bbilangan\b|几[个张条只位粒颗片处根]|多少[个张条只位粒颗片处根]", re.I)  # fmt: skip
_OR = re.compile(r"\s*(?:,\s*)?\b(?:or|atau)\b\s*|\s*(?:还是|還是|或者|或)\s*", re.I)
_LETTERED = re.compile(r"(?:^|[\s(])([A-E])[).:、]\s*\S", re.M)
_LETTER = re.compile(
    r"^\W*(?i:the (?:correct )?answer is|answer|option|jawapan|答案)(?:是)?\W*([A-E])\b|^\W*([A-E])(?=[).:,、]|\s*$)"
)

_NO = re.compile(
    r"^(?:no|nope|none|never|not|tidak|tiada|bukan|tak|belum)\b|^(?:没有|沒有|没|沒|不是|不|否|无|無)"
    r"|^there (?:is|are|was|were) (?:no|not|none)\b|^i (?:do not|don't|can ?not|can't) see\b"
    r"|^(?:图中|图片中|圖中|影像)?[^。，]{0,6}(?:没有|未见|未見|看不到)",
    re.I,
)
_YES = re.compile(
    r"^(?:yes|yeah|yep|correct|ya|ada|betul)\b|^(?:是的|是|有|对|對|可以|能)"
    r"|^there (?:is|are|was|were) (?:an?|one|some|two|three|several|multiple|evidence)\b",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:unclear|uncertain|not sure|cannot (?:be )?(?:determine|tell|say)|may be|might|possibl[ey]|"
    r"tidak pasti|tidak jelas|mungkin)\b|不确定|不清楚|可能|无法(?:确定|判断)",
    re.I,
)
_NONE = re.compile(
    r"^(?:there (?:are|is) )?(?:no|none|zero|tiada)\b|^(?:没有|沒有|零|无)", re.I
)
_HAN = re.compile(r"([零一二两兩三四五六七八九十])(?=[个個张張条條只隻位粒颗顆片处處根])")
_CJK = re.compile(r"[㐀-鿿]+")
_CJK_END = re.compile(r"[㐀-鿿]+$")
_WHICH = re.compile(r"(?:which|what|where|yang mana|mana)\b", re.I)
_ARTICLES = frozenset({"a", "an", "the", "it", "is"})
# The first word of a chat's answer, where it answers: "No worries" and "Boleh saya tahu" do not.
_pause = r"(?=[*_]*\s*(?:[,.!;:，。！；：、—–]|-\s|$)(?!\s*\d))"
_on = (
    r"(?=\s+(?:you|it|they|this|that|these|those|he|she|there|don't|do not|anda|awak|jangan)\b)"
)
_OPENS_NO = re.compile(
    rf"(?:no|nope|tidak|tak|bukan)(?:{_pause}|{_on})|(?:tidak|tak) (?:boleh|digalakkan|selamat)\b|jangan\b"
    r"|(?:不是|不|没有|沒有)(?=[,，。！!、])|不(?:可以|能|可|行|应该|應該|要|建议|建議|宜)",
    re.I,
)
_OPENS_YES = re.compile(
    rf"(?:yes|yeah|yep|ya|betul)(?:{_pause}|{_on})(?!,? allah)|boleh(?:{_pause}|\b(?! (?:anda|awak|saya|kami|tolong|jadi)\b))"
    r"|(?:是的?|对|對|能)(?=[,，。！!、])|可以(?![请請吗嗎先告])",
    re.I,
)
_HAN_VALUES = "零一二三四五六七八九十"


def question(prompt: str) -> Question | None:
    """The closed question of a prompt, its last one; None where it has none."""
    asked = [one.strip() for one in _SENTENCE.split(prompt) if one.strip()]
    letters = tuple(dict.fromkeys(_LETTERED.findall(prompt)))
    if len(letters) > 1:
        return Question(Ask.CHOICE, letters)
    for sentence in reversed(asked):
        if _ONLY.search(sentence):
            return Question(Ask.YES_OR_NO)
        if not sentence.endswith(("?", "？")):
            continue
        if _COUNT.search(sentence):
            return Question(Ask.COUNT)
        if options := _options(sentence):
            return Question(Ask.CHOICE, options)
        return Question(Ask.YES_OR_NO) if _YES_NO.search(sentence) else None
    return None


def answered(text: str, asked: Question) -> str:
    """What a text answers, in one spelling (`yes`, `no`, a number, an option); empty if that is not plain."""
    plain = re.sub(r"[*_`#>]+", "", text[:1000]).strip().strip("\"'“”")
    first = next(iter(_SENTENCE.split(plain)), "").strip()
    if not first or _OPEN.search(first):
        return ""
    match asked.ask:
        case Ask.YES_OR_NO:
            return "no" if _NO.search(first) else "yes" if _YES.search(first) else ""
        case Ask.COUNT:
            return _count(first)
        case Ask.CHOICE:
            return _choice(first, asked.options)


def opening(text: str) -> str:
    """The yes or no that an answer begins with, and its sentence; empty where it begins otherwise."""
    plain = re.sub(r"[*_`#>]+", "", text[:1000]).strip().strip("\"'“”")
    first = next(iter(_SENTENCE.split(plain)), "").strip()
    if first.endswith(("?", "？")) or _OPEN.search(first):
        return ""
    return "no" if _OPENS_NO.match(plain) else "yes" if _OPENS_YES.match(plain) else ""


def _count(said: str) -> str:
    whole = _HAN.sub(lambda found: str(_HAN_VALUES.find(found[1].replace("两", "二").replace("兩", "二"))), said)  # fmt: skip
    found = {one.value for one in quantities(whole)}
    if len(found) == 1:
        return f"{found.pop():g}"
    return "0" if not found and _NONE.search(said) else ""


def _options(sentence: str) -> tuple[str, ...]:
    """The words beside each "or", with those of a list before it."""
    parts = _OR.split(sentence.rstrip("?？"))
    if len(parts) < 2:
        return ()
    options: tuple[str, ...]
    if run := _CJK.match(parts[-1]):
        before = _CJK_END.search(parts[-2][-40:])
        options = (before[0][-len(run[0]) :] if before else "", run[0])
    else:
        listed = [one for part in parts[:-1] for one in part.split(",") if one.strip()]
        if _WHICH.match(sentence) and len(listed) > 1:
            listed = listed[1:]
        last = [one for one in normalised(parts[-1]).split() if one not in _ARTICLES]
        words = [
            *(normalised(one).split()[-1:] for one in listed),
            last[:1] if len(last) < 5 else [],
        ]
        options = tuple(word for one in words for word in one)
    return options if len(set(options)) == len(options) > 1 and "" not in options else ()


def _choice(said: str, options: tuple[str, ...]) -> str:
    if all(len(one) == 1 and one.isupper() for one in options):
        found = _LETTER.match(said)
        letter = (found[1] or found[2]) if found else ""
        return letter if letter in options else ""
    words = set(normalised(said).split())
    named = [one for one in options if one in words or (_CJK.match(one) and one in said)]
    return named[0] if len(named) == 1 else ""
