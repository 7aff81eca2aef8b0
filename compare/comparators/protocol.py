"""Did the candidate answer at all, whole, and in the shape it was asked for? Told from the replies.

A failure is the candidate's only where the primary answered: a bad request fails on both sides.
"""

from __future__ import annotations

from compare.canonical import Answer
from compare.comparison import Attribution, Finding, Flag, Severity
from compare.legs import Legs
from mirror.exchange import End

OTHER = "SERVED_BY_OTHER"
_CODES = {
    End.NO_TERMINAL: "STREAM_TRUNCATED",
    End.ERROR_EVENT: "STREAM_ERROR",
    End.BROKEN: "STREAM_ERROR",
    End.MALFORMED: "MALFORMED",
    End.HTTP_ERROR: "HTTP_ERROR",
    End.CONNECT: "HTTP_ERROR",
    End.BLOCKED: "HTTP_ERROR",
    End.TIMEOUT: "TIMEOUT",
    End.CLIENT_ABORT: "STREAM_TRUNCATED",
    End.SERVED_BY_OTHER: OTHER,
    End.DIVERTED: "BREAKER_OPEN",
    End.AT_CAPACITY: "AT_CAPACITY",
}


_UNFLAGGED = (
    Attribution.PRIMARY_FAILED,
    Attribution.CANDIDATE_ALONE,
    Attribution.CLIENT_LEFT,  # what there is of an answer that was cut off shows nothing
)


def protocol(
    legs: Legs, attribution: Attribution, *, primary: Answer, candidate: Answer
) -> Finding:
    """Flags of the candidate's reply: `fail` where the primary answered, else `info`.

    Another's answer in its place is `fail` in any case: who may read a request is at stake.
    """
    other = _other(legs)
    if other:
        return Finding(flags=(Flag(OTHER, Severity.FAIL, other),))
    if attribution is Attribution.CAPABILITY_GAP:
        return Finding(flags=(Flag("CAPABILITY_GAP", Severity.REVIEW, legs.lacks),))
    if attribution is Attribution.CANDIDATE_FAILED:
        return Finding(flags=(_failure(legs, candidate, Severity.FAIL),))
    if attribution is Attribution.BOTH_FAILED:
        return Finding(flags=(_failure(legs, candidate, Severity.INFO),))
    if attribution in _UNFLAGGED:
        return Finding()
    return Finding(flags=empty(primary=primary, candidate=candidate) + _cut(primary, candidate))


def empty(*, primary: Answer, candidate: Answer) -> tuple[Flag, ...]:
    """`EMPTY` where only the candidate says nothing."""
    if candidate.empty and not primary.empty:
        return (Flag("EMPTY", Severity.FAIL, "no text, no refusal and no tool call"),)
    return ()


def _cut(primary: Answer, candidate: Answer) -> tuple[Flag, ...]:
    if candidate.finish_reason == "length" and primary.finish_reason != "length":
        return (Flag("TRUNCATED_LENGTH", Severity.FAIL, candidate.text[-80:]),)
    return ()


def _other(legs: Legs) -> str:
    """Why the candidate's answer came from another deployment than the declared; empty if it did not."""
    tried = legs.failed_over or legs.candidate
    return tried.other if tried else ""


def _failure(legs: Legs, candidate: Answer, severity: Severity) -> Flag:
    if legs.failed_over is not None:
        end, status, error = (
            legs.failed_over.end,
            legs.failed_over.status,
            "the primary took over",
        )
    elif legs.candidate is not None:
        end, status, error = legs.candidate.end, legs.candidate.status, legs.candidate.error
    else:
        return Flag("HTTP_ERROR", severity, "no reply of the candidate")
    if end is End.COMPLETE:  # the bytes arrived and are no answer
        return Flag("MALFORMED", severity, f"the body is no answer: {candidate.problem}")
    words = " ".join(filter(None, (end.value, str(status or ""), error)))
    return Flag(_CODES[end], severity, words)
