"""Numbers, lengths of time, stages and verdicts in words. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]

STAGES = {
    "off": "the primary answers; nothing is copied",
    "mirror": "the primary answers; the candidate is sent copies",
    "canary": "the candidate answers a share of the sessions",
    "live": "the candidate answers every session",
    "rolled_back": "the primary answers again; nothing is copied",
}
STAGE_COLOURS: dict[str, Colour] = {
    "off": "gray",
    "mirror": "blue",
    "canary": "violet",
    "live": "green",
    "rolled_back": "red",
}
VERDICTS = {"promote": "▲ promote", "hold": "● hold", "roll_back": "▼ roll back"}
VERDICT_COLOURS: dict[str, Colour] = {"promote": "green", "hold": "gray", "roll_back": "red"}
SEVERITIES = {"fail": "✗ fail", "review": "? review", "info": "i info"}
SEVERITY_COLOURS: dict[str, Colour] = {"fail": "red", "review": "orange", "info": "gray"}
SIGNALS = {
    "start": "start to mirror",
    "enter_canary": "enter canary",
    "widen": "widen the canary",
    "narrow": "narrow the canary",
    "go_live": "go live",
    "roll_back": "roll back",
    "retry": "try again in mirror",
    "stop": "switch off",
}

ANSWERED = {
    "both_answered": "both sides answered",
    "candidate_failed": "the candidate failed",
    "primary_failed": "the primary failed",
    "both_failed": "both sides failed",
    "candidate_alone": "the candidate answered alone",
    "client_left": "the client left before an answer",
    "not_copied": "the primary answered alone: no copy was sent",
    "capability_gap": "the candidate was not asked: it lacks what was asked for",
}
"""Who answered, by the API's names."""

WORK = {
    "shadow": "a copy",
    "reask": "the primary's second answer",
    "score": "a score",
}
"""What an exchange may wait for."""


def named(value: str) -> str:
    """A code such as `rolled_back` as people read it."""
    return value.replace("_", " ")


def verdict(value: str, stage: str = "") -> str:
    """A verdict with its sign, so that colour is never the only one.

    What is live goes nowhere further: it is watched. What was rolled back is so already.
    """
    if (value, stage) == ("hold", "live"):
        return "● watched"
    if (value, stage) == ("roll_back", "rolled_back"):
        return "▼ rolled back"
    return VERDICTS.get(value, named(value))


def severity(value: str) -> str:
    """A flag's severity with its sign."""
    return SEVERITIES.get(value, named(value))


def work(value: str) -> str:
    """What an exchange waits for."""
    return WORK.get(value, named(value))


def answered(value: str) -> str:
    """Who answered."""
    return ANSWERED.get(value, named(value))


def gate(value: str) -> str:
    """A gate's name: `flags.LATERALITY` as `flags (LATERALITY)`."""
    name, _, which = value.partition(".")
    return f"{named(name)} ({which})" if which else named(name)


def signal(value: str) -> str:
    """What a move does."""
    return SIGNALS.get(value, named(value))


def percent(value: float) -> str:
    """A percent as people write it: `5 %`, `0.5 %`."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + " %"


def standing(stage: str, share: float) -> str:
    """A stage, with its share where that says more: `canary 5 %`."""
    return f"canary {percent(share)}" if stage == "canary" else named(stage)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 session`, `1,204 sessions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def milliseconds(value: float | None) -> str:
    """A time of an answer: `850 ms`, `2.31 s`; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def score(value: float | None) -> str:
    """A score from 0 to 1 with two digits; a dash where it is missing."""
    return "–" if value is None else f"{value:.2f}"


def odds(log10: float) -> str:
    """Evidence as the odds that it stands for: `20 to 1`; beyond a million as that."""
    if log10 > 6:
        return "over 1,000,000 to 1"
    value = 10.0**log10
    return f"{value:,.0f} to 1" if value >= 9.95 else f"{value:.1f} to 1"


def duration(us: int) -> str:
    """A length of time in its two largest units; never negative."""
    seconds = max(0, us) // 1_000_000
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


_READ_AGAIN = re.compile(r":(?=[\w+-]+:)|://|@|www(?=\.)", re.IGNORECASE)
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")
_LINES = str.maketrans({"\n": " ", "\r": " "})


def escaped(text: str) -> str:
    """Text that Markdown shows as it is written, on one line.

    Every ASCII punctuation character may be escaped (CommonMark 0.31, section 2.4). A word joiner
    keeps `:name:` from becoming an emoji, and an address from becoming a link, where a renderer looks again.
    """
    one_line = _READ_AGAIN.sub("\\g<0>\u2060", visible(text).translate(_LINES))
    return _MARKDOWN.sub(r"\\\1", one_line)


def visible(text: str) -> str:
    """Text whose control and direction marks are named, so that none can disguise what it says."""
    return "".join(_named_if_hidden(character) for character in text)


def _named_if_hidden(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co"):
        return character
    if character in "\u200c\u200d":  # joiners that Malay in Jawi, Tamil and emoji need
        return character
    return "" if character == "\r" else f"⟨U+{ord(character):04X}⟩"


def shortened(text: str, limit: int = 20_000) -> str:
    """The beginning of a long text, saying how long it was."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… ({len(text):,} characters; the first {limit:,} are shown)"


def colour(colours: Mapping[str, Colour], value: str) -> Colour:
    """A value's colour; gray for one that this version does not know."""
    return colours.get(value, "gray")
