"""Did a recogniser write down what nobody said? It does so in silence, and where it lost its way.

Signs: words in a row that the other did not hear, the phrases that recognisers learned from captions
of films, more characters than a person can say, and segments that the recogniser itself doubts by
the measures of Whisper (Radford et al., 2022). None is proof: all are for review.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compare.comparators.transcript import aligned, told
from compare.comparison import Finding, Flag, Severity
from compare.sides import Sides
from compare.speech import Heard, Run

_INSERTED = 5  # words in a row
_CHARS_PER_S = 25.0  # nobody speaks as fast
_LOOP = 2.4
_SILENCE = 0.6
_UNLIKELY = -1.0
_CAPTIONS = re.compile(
    r"thank(?:s| you)(?: so much| very much)? for (?:watching|viewing)|please (?:like and )?subscribe"
    r"|like and subscribe|subscribe to (?:my|our|the) channel|see you (?:in the )?next (?:video|time on)"
    r"|(?:subtitles|captions|transcription) (?:by|provided by|created by)|amara\.org"
    r"|terima kasih (?:kerana|telah|sudah|atas) (?:menonton|tontonan)|jangan lupa (?:untuk )?(?:subscribe|langgan)"
    r"|sarikata (?:oleh|disediakan)|jumpa lagi di video"
    r"|(?:谢谢|感谢|謝謝|感謝)(?:大家|您的?|你的?|各位)?(?:的)?(?:观看|收看|觀看)|(?:请|請)不吝(?:点赞|點贊|點讚)"
    r"|(?:字幕由|字幕提供|中文字幕志愿者|字幕志願者|字幕制作|字幕製作)|(?:点赞|點讚)[、,，\s]*(?:订阅|訂閱)",
    re.IGNORECASE,
)


def hallucination(sides: Sides) -> Finding:
    """Signals `inserted_run`, in words, and `chars_per_s` where the sound's length is told; flags for review:
    `HALLUCINATION`, and `REPETITION` for a segment that compresses as only loops do.
    """
    found = aligned(sides)
    longest = _longest(found)
    signals = {"inserted_run": float(longest.length if longest else 0)}
    speed = _speed(sides)
    if speed is not None:
        signals["chars_per_s"] = speed
    evidence = next(_signs(found, longest, speed, sides), "")
    flags = (Flag("HALLUCINATION", Severity.REVIEW, evidence),) if evidence else ()
    return Finding(signals, (*flags, *_loops(sides)))


def _longest(found: Heard) -> Run | None:
    added = (run for run in found.runs if run.type == "insert")
    return max(added, key=lambda run: run.length, default=None)


def _signs(
    found: Heard, longest: Run | None, speed: float | None, sides: Sides
) -> Iterator[str]:
    """What was noticed, the surest sign first."""
    caption = _CAPTIONS.search(sides.candidate.said)
    if caption and not _CAPTIONS.search(sides.primary.said):
        yield f"a caption's phrase: {caption[0]}"
    for each in told(sides.candidate).segments:
        silent = each.no_speech is not None and each.no_speech > _SILENCE
        doubted = each.logprob is None or each.logprob < _UNLIKELY
        if silent and doubted and each.text.strip():
            yield f"heard in silence: {each.text.strip()[:80]}"
    if longest and longest.length >= _INSERTED:
        first, last = longest.candidate
        words = " ".join(found.candidate[first:last][:12])
        yield f"{longest.length} words in a row that the primary did not hear: {words}"
    if speed is not None and speed > _CHARS_PER_S:
        yield f"{speed:.0f} characters a second: nobody speaks as fast"


def _speed(sides: Sides) -> float | None:
    lengths = (told(one).duration for one in (sides.candidate, sides.primary))
    duration = next((one for one in lengths if one), None)
    return len(sides.candidate.said) / duration if duration else None


def _loops(sides: Sides) -> Iterator[Flag]:
    usual = max((each.compression or 0 for each in told(sides.primary).segments), default=0)
    for each in told(sides.candidate).segments:
        if each.compression is not None and each.compression > max(_LOOP, usual):
            words = f"compresses {each.compression:.1f} times: {each.text.strip()[:80]}"
            yield Flag("REPETITION", Severity.REVIEW, words)
            return
