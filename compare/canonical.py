"""An answer's canonical shape: what it says, whatever dialect it was said in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

type Matrix = npt.NDArray[np.float32]


class State(StrEnum):
    """How a stream ended, told from its bytes alone; a whole body is `complete`.

    A client that left and a server that fell silent leave bytes of any of these: the reply's own
    `End` tells them.
    """

    COMPLETE = "complete"
    NO_DONE = "no_done"  # it finished, and the dialect's last event is missing
    NO_FINISH = "no_finish"  # nothing says that it finished
    ERROR_EVENT = "error_event"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the answer asks for; `arguments` is JSON as the model wrote it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Vectors in the order of their inputs: `matrix` is inputs x dimensions.

    Where they are no matrix of numbers it is empty, and `faults` say why in words. A number that a
    server wrote as `null` is NaN. `count` is how many entries there were, `base64` whether they came
    encoded, `tokens` what the server says it read, None where it says nothing.
    """

    matrix: Matrix
    count: int
    faults: tuple[str, ...] = ()
    base64: bool = False
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One document in a ranking: its index in the request, and the score, None where there is none."""

    document: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Documents, the most relevant first as the server listed them; `faults` say what is not readable."""

    places: tuple[Place, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a transcript; times in seconds, and what a server does not tell is None. It has both
    times or neither.

    `no_speech` is the chance that nobody spoke, `logprob` the mean of its tokens' log probabilities,
    `compression` how far its words compress: by them recognisers tell what they made up.
    """

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str = ""
    no_speech: float | None = None
    logprob: float | None = None
    compression: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a transcript tells beside its words. `words` are timed one by one, where they were asked for.

    `duration` is that of the sound in seconds, `language` as the server names it.
    """

    segments: tuple[Segment, ...] = ()
    words: tuple[Segment, ...] = ()
    duration: float | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's canonical content. `problem` is empty, or why there is none to compare.

    Problems: `encoding`, `too_large`, `not_json`, `no_answer`, `error_event`. `finish_reason` is in
    the words of chat completions. `reasoning` is what the model says it thought: no part of the text.
    `vectors` and `ranking` are what answers without words hold, `transcript` what one of speech tells
    beside its words.
    """

    text: str = ""
    finish_reason: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    model: str = ""
    problem: str = ""
    reasoning: str = ""
    state: State = State.COMPLETE
    vectors: Embeddings | None = None
    ranking: Ranking | None = None
    transcript: Transcript | None = None

    @property
    def said(self) -> str:
        """The words a person sees: the text, or the refusal the API reports apart from it."""
        return self.text or self.refusal

    @property
    def empty(self) -> bool:
        """Whether it says nothing, calls nothing and lists nothing."""
        listed = self.vectors is not None and self.vectors.count
        ranked = self.ranking is not None and self.ranking.places
        return not (visible(self.said) or self.tool_calls or listed or ranked)


def visible(text: str) -> bool:
    """Whether anything of a text is seen: not spaces, control characters, marks of direction and lone accents alone."""
    return any(unicodedata.category(sign)[0] not in "CZM" for sign in set(text))
