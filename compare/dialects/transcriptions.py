"""Speech to text: JSON, verbose and diarized JSON, plain text, SubRip and WebVTT, and both kinds of streams.

Sources: the OpenAI API reference, "Create transcription" and "Create translation"; vLLM streams chunks
like those of chat, sends durations as text, and writes -1.0 for measures that it does not take.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from compare.asked import Asked
from compare.canonical import Answer, Segment, Transcript
from compare.dialects.reader import Reader
from compare.dialects.values import Object, members, objects, parsed, text
from mirror.dialects import multipart
from mirror.dialects.transcriptions import PLAIN

_NOT_TAKEN = -1.0  # vLLM, for the log probability and the compression ratio
_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_CUE = re.compile(rf"^[ \t]*{_CLOCK}[ \t]*-->[ \t]*{_CLOCK}[^\n]*$", re.M)
_VOICE = re.compile(r"<v(?:\.[^ >]*)? ([^>]{1,80})>")
_TAG = re.compile(r"</?[a-z][^<>]{0,80}>", re.IGNORECASE)


def of_body(body: bytes, content_type: str) -> Answer:
    """The transcript in a whole body. One of a plain content type is words whatever it looks like."""
    plain = content_type.lower().startswith(PLAIN)
    found = parsed(body)
    if isinstance(found, Mapping) and (not plain or isinstance(found.get("text"), str)):
        return of_object(found) or Answer(problem="no_answer", model=text(found, "model"))
    if plain:
        return of_text(body.decode("utf-8", "replace"))
    if isinstance(found, str):  # some servers answer `response_format: text` with a JSON string
        return of_text(found)
    return Answer(problem="not_json" if found is None else "no_answer")


def of_object(body: Object) -> Answer | None:
    """A JSON transcript; None where there is none."""
    said = body.get("text")
    if not isinstance(said, str) or body.get("error"):
        return None
    told = Transcript(
        segments=tuple(map(_segment, objects(body, "segments"))),
        words=tuple(map(_word, objects(body, "words"))),
        duration=_seconds(body.get("duration")) or _billed(body),
        language=text(body, "language"),
    )
    return Answer(text=said, model=text(body, "model"), transcript=told)


def _billed(body: Object) -> float | None:
    """The seconds of sound that were paid for, which plain JSON tells too, in whole seconds."""
    return _seconds(members(body, "usage").get("seconds"))


def of_text(said: str) -> Answer:
    """A transcript as plain words, or the cues of SubRip and WebVTT."""
    cues = list(_CUE.finditer(said))
    if not cues:
        return Answer(text=said.removeprefix("\ufeff"), transcript=Transcript())
    ends = [each.start() for each in cues[1:]] + [len(said)]
    segments = tuple(
        _cue(cue, said[cue.end() : end]) for cue, end in zip(cues, ends, strict=True)
    )
    words = " ".join(filter(None, (each.text for each in segments)))
    return Answer(text=words, transcript=Transcript(segments))


def asked(body: bytes, content_type: str) -> Asked:
    """The form's fields; its `prompt` are words that the sound is expected to hold. JSON is read as fields too."""
    try:
        given: Mapping[str, object] = multipart.fields(body, content_type)
    except multipart.MultipartBroken:
        found = parsed(body)
        given = found if isinstance(found, Mapping) else {}
    return Asked(text(given, "prompt"), given)


@dataclass(slots=True)
class _Stream:
    """`transcript.text.*` events, or chunks like those of chat."""

    finished: bool = False
    last: bool = False
    _said: list[str] = field(default_factory=list)
    _segments: list[Segment] = field(default_factory=list)
    _whole: str | None = None
    _model: str = ""
    _seen: bool = False

    def take(self, event: Object) -> None:
        """See `Merger`."""
        self._model = self._model or text(event, "model")
        match event.get("type"):
            case "transcript.text.delta":
                self._say(text(event, "delta"))
            case "transcript.text.segment":
                self._seen = True
                self._segments.append(_segment(event))
            case "transcript.text.done":
                self._seen = self.finished = self.last = True
                self._whole = text(event, "text")
            case _:
                self._take_chunk(event)

    def _take_chunk(self, event: Object) -> None:
        for choice in objects(event, "choices")[:1]:
            self._say(text(members(choice, "delta"), "content"))
            self.finished = self.finished or bool(choice.get("finish_reason"))

    def _say(self, words: str) -> None:
        self._seen = True
        self._said.append(words)

    def answer(self) -> Answer | None:
        """See `Merger`."""
        if not self._seen:
            return None
        said = self._whole or "".join(self._said) or _joined(self._segments)
        return Answer(
            text=said, model=self._model, transcript=Transcript(tuple(self._segments))
        )


def _joined(segments: Iterable[Segment]) -> str:
    return " ".join(each.text.strip() for each in segments)


def _segment(given: Object) -> Segment:
    start, end = _span(given)
    return Segment(
        text=text(given, "text"),
        start=start,
        end=end,
        speaker=text(given, "speaker"),
        no_speech=_number(given.get("no_speech_prob")),
        logprob=_taken(given.get("avg_logprob")),
        compression=_taken(given.get("compression_ratio")),
    )


def _word(given: Object) -> Segment:
    return Segment(text(given, "word"), *_span(given))


def _span(given: Object) -> tuple[float | None, float | None]:
    """Start and end as an app can use them: numbers, the end not before the start; else neither."""
    start, end = (
        None if isinstance(given.get(key), str) else _seconds(given.get(key))
        for key in ("start", "end")
    )
    return _forward(start, end)


def _forward(start: float | None, end: float | None) -> tuple[float | None, float | None]:
    if start is None or end is None or end < start:
        return None, None
    return start, end


def _cue(times: re.Match[str], rest: str) -> Segment:
    """The words stand below the times, up to a blank line; the next cue's counter is behind it."""
    lines = itertools.takewhile(str.strip, rest.splitlines()[1:])
    said = " ".join(lines)
    voice = _VOICE.search(said)
    plain = " ".join(_TAG.sub("", said).split())
    start, end = _forward(_clock(*times.groups()[:4]), _clock(*times.groups()[4:]))
    return Segment(plain, start, end, voice[1] if voice else "")


def _clock(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + float(f"0.{fraction}")


def _seconds(given: object) -> float | None:
    found = _number(given)
    return found if found is not None and found >= 0 else None


def _taken(given: object) -> float | None:
    found = _number(given)
    return None if found == _NOT_TAKEN else found


def _number(given: object) -> float | None:
    """A number, or one written as text."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        found = float(given)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


TRANSCRIPTIONS = Reader(of_body, _Stream, asked)
