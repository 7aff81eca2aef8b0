"""A verdict's numbers, and its words when they are read."""

from dataclasses import replace

import pytest

from cutover.evidence.verdict import GateEvidence, Kind, Verdict, Words

GATE = GateEvidence("errors", 0.5, 1.3, 0.0, 3.0, 12, 0.0, lambda: "errors: none")


def verdict(*gates, say=lambda: Words(("too few",), "12 more sessions")):
    return Verdict(Kind.HOLD, say, lambda: gates, 0.1, 3.0, 12, 0, 0, 0.0)


def test_words_are_put_together_once_and_only_when_they_are_read():
    said = []

    def say():
        said.append(1)
        return Words(("too few",), "12 more sessions")

    one = verdict(GATE, say=say)
    assert (one.kind, one.sessions, one.shown_log10, said) == (Kind.HOLD, 12, 0.5, [])
    assert (one.reasons, one.waits_for) == (("too few",), "12 more sessions")
    assert one.gates[0].sentence == "errors: none"
    assert said == [1]


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ([], 0.5),
        ([replace(GATE, for_log10=0.2)], 0.2),
        ([replace(GATE, for_log10=0.2, asked=False)], 0.5),
        ([replace(GATE, for_log10=0.2, pooled_log10=2.0)], 0.5),
        ([replace(GATE, for_log10=0.2, pooled_log10=0.4)], 0.4),
    ],
)
def test_what_is_shown_is_what_the_weakest_gate_shows_or_the_pool_of_it(others, shown):
    assert verdict(GATE, *others).shown_log10 == shown


def test_where_no_gate_is_asked_nothing_is_shown():
    assert verdict(replace(GATE, asked=False)).shown_log10 == 0.0
