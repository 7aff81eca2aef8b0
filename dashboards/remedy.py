"""What went wrong, and what to do next: the one place where a failure becomes words for people. Pure."""

from __future__ import annotations

from dashboards.control import Failure, Trouble

READING = {
    Trouble.DOWN: "What changes by itself is asked for again every few seconds.",
    Trouble.FORBIDDEN: "Ask somebody whose role allows it; `crossfade user list` names them.",
    Trouble.MISSING: "It may have left the policy, or the address names it wrongly; the board has all that there are.",
}
DOING = {
    Trouble.DOWN: "It may have been done all the same: look at what the page shows before you do it again.",
    Trouble.FORBIDDEN: "Nothing was done. Ask somebody whose role allows it; `crossfade user list` names them.",
    Trouble.MISSING: "Nothing was done; it may have left the policy meanwhile.",
    Trouble.REFUSED: "Nothing was done by this. What the page shows now is what is the case.",
    Trouble.BROKEN: "Look at what the page shows before you do it again.",
}


def told(failure: Failure, *, doing: bool = False) -> str:
    """A failure's sentence and the next step, of a deed or else of a look."""
    step = (DOING if doing else READING).get(failure.trouble, "")
    sentence = failure.sentence.strip()
    if step and not sentence.endswith((".", "!", "?")):
        sentence += "."
    return f"{sentence} {step}".strip()
