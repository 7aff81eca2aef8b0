"""Do both sides speak the same language? The script first, then n-grams of the few that matter.

Malay and Indonesian count as one: no detector tells them apart in short texts. A text of two
languages, or too short to tell, has none, and none never mismatches.
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
_HAN = re.compile(r"[㐀-鿿]")
_TAMIL = re.compile(r"[஀-௿]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.S)

_LETTERS = 20
_SURE = 0.75
_SHARE = 0.7
_HAN_WEIGHT = 3  # a Chinese character says about as much as three Latin letters
_READ = 2000  # characters are enough to tell


def language(pair: Pair) -> Finding:
    """Flag `LANG_MISMATCH` where the candidate's language is neither the primary's nor the prompt's."""
    candidate, primary = detect(pair.candidate), detect(pair.primary)
    if not candidate or not primary or candidate in (primary, detect(pair.prompt)):
        return Finding()
    words = f"{candidate} against {primary}: {pair.candidate.strip()[:60]}"
    return Finding(flags=(Flag("LANG_MISMATCH", Severity.FAIL, words),))


@lru_cache(maxsize=64)  # a text is asked several times while its pair is compared
def detect(text: str) -> str:
    """`en`, `ms`, `zh` or `ta`; empty for a mixed text or one too short to tell."""
    shown = _CODE.sub(" ", text)[:_READ]
    han, tamil = len(_HAN.findall(shown)) * _HAN_WEIGHT, len(_TAMIL.findall(shown))
    latin = len(_LATIN.findall(shown))
    total = han + tamil + latin
    if total < _LETTERS:
        return ""
    for code, count in (("zh", han), ("ta", tamil)):
        if count >= _SHARE * total:
            return code
    return _of_latin(shown) if latin >= _SHARE * total else ""


def _of_latin(text: str) -> str:
    sure: dict[str, float] = {}
    for found in _detector().compute_language_confidence_values(text):
        code = _CODES[found.language]
        sure[code] = sure.get(code, 0.0) + found.value
    code = max(sure, key=lambda name: sure[name])
    return code if sure[code] >= _SURE else ""


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_CODES).build()
