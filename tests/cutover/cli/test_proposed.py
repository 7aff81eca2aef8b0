"""What is told of one proposal."""

import pytest
from looks import PROPOSAL, a_row

from cutover.cli.proposed import found, lines, move, since
from cutover.stages import SAID, Signal

GATE = {"gate": "errors", "sentence": "shown: at most 1.85 %"}
FROZEN = {
    "id": "p1",
    "state": "open",
    "why": "",
    "reason": "every gate is shown",
    "ticket": "",
    "at_us": 0,
    "evidence_sha256": "ab" * 32,
    "intact": True,
    "verdict": "promote",
    "reasons": ["every gate is shown"],
    "sessions": 200,
    "evidence": [GATE],
}
SAME = a_row(verdict="promote", reasons=["every gate is shown"], sessions=200, evidence=[GATE])


def test_where_nothing_changed_that_is_said():
    assert since(FROZEN, SAME) == ["nothing has changed"]


def test_each_thing_that_is_new_is_a_line():
    now = SAME | {
        "verdict": "hold",
        "sessions": 1214,
        "reasons": ["the night is missing"],
        "evidence": [GATE | {"sentence": "not shown"}],
        "held_by": "erik",
        "hold_reason": "wait",
        "frozen": "frozen until Monday",
    }
    assert since(FROZEN, now) == [
        "1,014 more sessions, 1,214 sessions now",
        "the verdict is hold: an approval would not be applied",
        "new: the night is missing",
        "no longer: every gate is shown",
        "now errors: not shown",
        "held by erik: wait",
        "frozen until Monday",
    ]


def test_one_more_session_is_one_and_fewer_say_why():
    assert since(FROZEN, SAME | {"sessions": 201}) == ["1 more session, 201 sessions now"]
    fewer = since(FROZEN, SAME | {"sessions": 1})
    assert fewer == ["the evidence was begun anew: 1 session now"]


@pytest.mark.parametrize(
    ("gate", "sentence", "said"),
    [
        ("equivalence", "equivalence: as high as the primary's", "equivalence: as high as the primary's"),
        ("first_token", "first token: 1 % of streams", "first token: 1 % of streams"),
        ("first_token", "first_token: frozen by an older version", "first_token: frozen by an older version"),
        ("flags.LATERALITY", "none", "flags (LATERALITY): none"),
    ],
)  # fmt: skip
def test_a_gate_is_named_once(gate, sentence, said):
    assert found({"gate": gate, "sentence": sentence}) == said


def test_every_move_is_told_in_words():
    assert SAID.keys() == set(Signal)
    assert not any("_" in move(signal) for signal in [*Signal, "of_tomorrow"])


def test_evidence_that_is_not_what_was_frozen_stands_out():
    now = SAME | {"proposal": _open()}
    assert "NOT the evidence" in "\n".join(lines(FROZEN | {"intact": False}, now))
    assert "NOT" not in "\n".join(lines(FROZEN, now))


def test_one_that_ended_says_why_and_asks_for_nothing():
    told = list(lines(FROZEN | {"state": "void", "why": "the policy changed"}, SAME))
    assert told[0] == "clinic/chat: proposal p1 is void: the policy changed"
    assert not any("crossfade approve" in line for line in told)


def _open():
    more = {"signal": "widen", "from_share": 1.0, "expires_us": 9, "approvals": [], "needed": 2}
    return PROPOSAL | more | {"ticket_needed": False}


def test_the_change_tickets_are_told_and_asked_for_where_one_is_needed():
    given = [{"name": "ben", "at_us": 0, "ticket": "CHG-2"}]
    now = SAME | {"proposal": _open() | {"approvals": given, "ticket_needed": True}}
    said = "\n".join(lines(FROZEN | {"ticket": "CHG-1"}, now))
    for words in ("for change ticket CHG-1", "approved by ben (CHG-2)", "--ticket CHANGE"):
        assert words in said


@pytest.mark.parametrize("named", ["", "errors: "])
def test_what_a_gate_says_itself_is_told_once(named):
    later = GATE | {"sentence": "shown: at most 1.20 %"}
    before = FROZEN | {"reasons": [f"{named}{GATE['sentence']}"]}
    now = SAME | {"reasons": [f"{named}{later['sentence']}"], "evidence": [later]}
    assert since(before, now) == ["now errors: shown: at most 1.20 %"]
