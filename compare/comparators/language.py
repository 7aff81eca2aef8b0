"""Do both sides speak the same language? The script first, then n-grams of the few that matter.

Malay and Indonesian count as one: no detector tells them apart in short texts. A text of two
languages, or too short to tell, has none, and none never mismatches. A text that is surely in a
language no comparator was measured with is `other`: it is said, and it is not scored.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from compare.comparison import Finding, Flag, Pair, Severity

_CODES = {
    Language.ENGLISH: "en",
    Language.MALAY: "ms",
    Language.INDONESIAN: "ms",
    Language.CHINESE: "zh",
    Language.TAMIL: "ta",
}
# Neighbours in Latin letters. A detector can only answer what it knows: without them French is English.
_DECOYS = (
    Language.DUTCH,
    Language.FRENCH,
    Language.GERMAN,
    Language.ITALIAN,
    Language.POLISH,
    Language.PORTUGUESE,
    Language.ROMANIAN,
    Language.SPANISH,
    Language.SWEDISH,
    Language.TAGALOG,
    Language.TURKISH,
    Language.VIETNAMESE,
)
_HAN = re.compile(r"[々〇㐀-鿿豈-龎\U00020000-\U000323af]")
_TAMIL = re.compile(r"[஀-௿]")
# With Vietnamese letters, full-width ones, and the bold and italic ones of mathematics.
_LATIN = re.compile(r"[A-Za-zªµºÀ-˿Ḁ-ỿＡ-Ｚａ-ｚ\U0001d400-\U0001d6a5]")
_KANA = re.compile(r"[ぁ-ゖァ-ヺーｦ-ﾝ]")
_HANGUL = re.compile(r"[가-힣]")
_CODE = re.compile(r"```.*?(?:```|\Z)|[A-Za-z0-9+/=]{120,}", re.S)  # and data, as of images

# Words that one of the two has and the other has not, the commonest of talk and of notes. Those of
# the clinic's trade are in neither: a Malay note has its BP, its review and its follow-up in English.
_MALAY = frozenset({
    "ada", "adalah", "agar", "akan", "anak", "anda", "apa", "atau", "awak", "bagi", "banyak", "batuk",
    "bawa", "berapa", "bila", "boleh", "bukan", "cirit", "dah", "dalam", "dan", "dari", "daripada",
    "darah", "datang", "demam", "dengan", "dia", "doktor", "dulu", "elak", "guna", "hari", "hingga",
    "itu", "jangan", "jika", "jumpa", "kalau", "kali", "kami", "kanan", "kata", "kaki", "kencing",
    "kepada", "kerana", "kiri", "kita", "kurang", "lagi", "lebih", "lelaki", "lepas", "lutut", "macam",
    "makan", "malam", "mengadu", "minggu", "minum", "mula", "muntah", "nak", "nafas", "oleh", "pada",
    "pagi", "perempuan", "perlu", "pesakit", "rehat", "sahaja", "sakit", "sangat", "saya", "sebelum",
    "sehari", "sejak", "sekali", "selama", "selepas", "selsema", "semasa", "semula", "sesak", "setiap",
    "sudah", "supaya", "tahun", "tak", "tangan", "tapi", "telinga", "teruskan", "tetapi", "tiada",
    "tidak", "tiga", "tinggi", "tulis", "ubat", "ulang", "untuk", "wanita", "yang",
})  # fmt: skip
_ENGLISH = frozenset({
    "about", "after", "again", "all", "also", "and", "any", "are", "avoid", "be", "because", "been",
    "before", "but", "by", "can", "complains", "drink", "continue", "daily", "day", "days", "denies", "does", "during", "every", "fever", "food",
    "for", "from", "get", "has", "have", "help", "helps", "her", "his", "how", "if", "is", "it", "left", "more", "need",
    "needs", "no", "not", "of", "once", "only", "or", "persists", "please", "reports", "right", "see",
    "she", "should", "start", "still", "take", "than", "that", "the", "then", "their", "them", "there", "they", "this",
    "times", "twice", "until", "wait", "was", "water", "week", "weeks", "were", "what", "when", "which", "will",
    "with", "without", "worse", "write", "you", "your",
})  # fmt: skip
_WORDS = re.compile(r"[A-Za-z]+")
_OF_TWO = 2  # different words of the lesser language at least: one may be a name or a loan
_LESSER = 0.25  # and of all telling words that many

_PLAIN = 12  # different telling words of one language and none of the other need no detector
_TELLING = 0.2  # and of all words that many

_LETTERS = 20
_FOREIGN_LETTERS = 5  # a script tells sooner than words do; fewer may be symbols of a formula
_DECOY_LETTERS = 60
_SURE = 0.75
_DECOYS_SURE = 0.99
_DECOY_LEADS = 0.6
_SHARE = 0.7
_MOSTLY = 0.5
_PART = 0.2
_SYLLABLE = (
    3  # a Chinese character, kana or Korean syllable says about as much as three letters
)
_JAPANESE = 0.2  # of its characters are kana at least; Chinese texts quote a few at most
_READ = 2000  # characters are enough to tell


def language(pair: Pair) -> Finding:
    """Flag `LANG_MISMATCH` where the candidate's language is neither the primary's nor the prompt's.

    Who asks in two languages at once may be answered in either.
    """
    candidate, primary = detect(pair.candidate), detect(pair.primary)
    if not candidate or not primary or candidate == primary:
        return Finding()
    if candidate in spoken(pair.prompt):
        return Finding()
    words = f"{candidate} against {primary}: {pair.candidate.strip()[:60]}"
    return Finding(flags=(Flag("LANG_MISMATCH", Severity.FAIL, words),))


@lru_cache(maxsize=256)  # of a batch: once to choose its encoder, and again to be compared
def detect(text: str) -> str:
    """`en`, `ms`, `zh`, `ta`, or `other`; empty for a mixed text or one too short to tell."""
    shown = _CODE.sub(" ", text)[:_READ]
    said = _letters(shown)
    total = sum(said.values())
    if said["other"] >= _FOREIGN_LETTERS and said["other"] > _MOSTLY * total:
        return "other"
    if total < _LETTERS:
        return ""
    for code in ("zh", "ta"):
        if said[code] >= _SHARE * total:
            return code
    return _of_latin(shown) if said["latin"] >= _SHARE * total else ""


@lru_cache(maxsize=64)
def spoken(text: str) -> frozenset[str]:
    """The languages that a text is in, of a mixed one all that are plainly there; codes as of `detect`."""
    whole = detect(text)
    if whole:
        return frozenset({whole})
    shown = _CODE.sub(" ", text)[:_READ]
    said = _letters(shown)
    total = max(_LETTERS, sum(said.values()))
    scripts = {code for code in ("zh", "ta") if said[code] >= _PART * total}
    latin = " ".join(_WORDS.findall(shown)) if said["latin"] >= _PART * total else ""
    return frozenset(scripts | ({detect(latin)} - {""}) | _both(latin))


def _letters(text: str) -> dict[str, int]:
    """How much of a text is in which script, in letters."""
    han, kana, hangul = (len(found.findall(text)) for found in (_HAN, _KANA, _HANGUL))
    latin, tamil = len(_LATIN.findall(text)), len(_TAMIL.findall(text))
    rest = text
    for known in (_HAN, _TAMIL, _LATIN):
        rest = known.sub("", rest)
    other = sum(map(str.isalpha, rest)) + (kana + hangul) * (_SYLLABLE - 1)
    if kana and kana >= _JAPANESE * (han + kana):
        other, han = other + han * _SYLLABLE, 0
    return {"zh": han * _SYLLABLE, "ta": tamil, "latin": latin, "other": other}


def _told(text: str) -> dict[str, list[str]]:
    """The words of a text that tell Malay and English apart, by language."""
    words = [word.lower() for word in _WORDS.findall(text[:_READ])]
    return {
        "ms": [word for word in words if word in _MALAY],
        "en": [word for word in words if word in _ENGLISH],
    }


def _both(text: str) -> frozenset[str]:
    """English and Malay, where a text speaks both in one breath; else nothing."""
    told = _told(text)
    lesser = min(told.values(), key=len)
    all_told = sum(map(len, told.values()))
    of_two = len(set(lesser)) >= _OF_TWO and len(lesser) >= _LESSER * all_told
    return frozenset(told) if of_two else frozenset()


def _belied(code: str, text: str) -> bool:
    """Whether most telling words are the other language's: names make a detector err, or one sentence does."""
    told = _told(text)
    other = told["en" if code == "ms" else "ms"]
    return code in told and len(told[code]) < len(other) and len(set(other)) >= _OF_TWO


def _plainly(text: str) -> str:
    """The language of a text full of the commonest words of one; no neighbour has so many of them."""
    told, words = _told(text), len(_WORDS.findall(text[:_READ]))
    lone = [code for code, said in told.items() if said]
    if len(lone) != 1 or len(told[lone[0]]) < _TELLING * words:
        return ""
    return lone[0] if len(set(told[lone[0]])) >= _PLAIN else ""


def _of_latin(text: str) -> str:
    if plain := _plainly(text):
        return plain
    if _is_decoy(text):
        return "other"
    if _both(text):
        return ""
    sure: dict[str, float] = {}
    for found in _detector().compute_language_confidence_values(text):
        code = _CODES[found.language]
        sure[code] = sure.get(code, 0.0) + found.value
    code = max(sure, key=lambda name: sure[name])
    return code if sure[code] >= _SURE and not _belied(code, text) else ""


def _is_decoy(text: str) -> bool:
    """Whether a text is surely in one of the neighbours; never where it is too short to tell.

    A word counts once: an answer that repeats a name for ever is not in the language of the name.
    One neighbour must lead: a list of medicines looks a little like several of them.
    """
    words = " ".join(dict.fromkeys(text.split()))
    if len(_LATIN.findall(words)) < _DECOY_LETTERS:
        return False
    found = _wide_detector().compute_language_confidence_values(words)
    decoys = [one.value for one in found if one.language in _DECOYS]
    return sum(decoys) >= _DECOYS_SURE and max(decoys) >= _DECOY_LEADS


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_CODES).build()


@cache
def _wide_detector() -> LanguageDetector:
    """Not in lingua's mode of low accuracy: there it takes English texts for Tagalog and German."""
    return LanguageDetectorBuilder.from_languages(*_CODES, *_DECOYS).build()
