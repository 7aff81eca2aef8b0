import json
from collections import Counter
from dataclasses import replace

from papers import ABOUT, NOW_US, event

from cutover.exports.summary import story as told
from cutover.exports.summary.gathered import gathered
from cutover.exports.summary.story import (
    Facts,
    Heading,
    Text,
    cut,
    story,
)

MOVE = {"from_stage": "mirror", "from_share": "0", "to_stage": "canary", "to_share": "5"}


def found(*events):
    return gathered([json.loads(one) for one in events])


def words(items):
    said = []
    for one in items:
        match one:
            case Heading(text) | Text(text):
                said.append(text)
            case Facts(rows, _):
                said += [f"{name}: {value}" for name, value in rows]
            case told.Picture(_, alt, below):
                said += [alt, below]
    return "\n".join(said)


def test_a_signature_shows_name_time_and_meaning():
    actor = {"kind": "human", "name": "aisyah", "roles": "lead"}
    details = {
        **MOVE,
        "evidence_sha256": "cd" * 32,
        "ticket": "CHG-1",
        "confirmed_by": "password",
    }
    said = words(story(ABOUT, found(event("approval.given", actor=actor, details=details))))
    assert "Name: aisyah (human account aisyah)" in said
    assert "Date and time: 2026-11-18 11:06:40 UTC (19:06:40 +08:00)" in said
    assert "Meaning: approves clinic/chat going from mirror to canary 5 %" in said
    assert "cd" * 32 in said and "CHG-1" in said and "password" in said


def test_a_range_in_which_nothing_happened_is_told_as_such():
    said = words(story(ABOUT, found()))
    for sentence in (
        "No rollout moved",
        "Nothing was compared",
        "Nothing left for a cloud",
        "Nobody",
    ):
        assert sentence in said
    assert ABOUT.end_root in said


def test_it_says_why_the_manifests_hash_is_not_on_it():
    assert "cannot stand here" in words(story(ABOUT, found()))


def test_what_is_not_shown_is_counted():
    many = [event("state.transition", details=MOVE) for _ in range(70)]
    assert "10 more are in transitions.csv" in words(story(ABOUT, found(*many)))


def test_what_left_is_drawn_day_by_day():
    left = event(
        "egress.done", details={"purpose": "shadow", "upstream": "openai", "sent_bytes": 9}
    )
    said = words(story(replace(ABOUT, to_us=NOW_US + 5 * 86_400_000_000), found(left)))
    assert "1 request with 9 bytes" in said and "at most 9" in said


def test_long_texts_are_cut_and_that_is_said():
    assert cut("a" * 5) == "a" * 5
    assert cut("a" * 5000).endswith("… (5,000 letters, whole in the tables)")


def test_where_the_middle_lies_is_true_of_answers_that_all_agree_too():
    assert told._median(Counter({19: 142})) == "half of 142 are 0.95 or more"
    assert told._median(Counter({0: 3, 12: 4})) == "half of 7 are 0.60 or more"


def test_events_that_tell_times_outside_of_the_range_are_named():
    assert "outside of the range" not in words(story(ABOUT, found(event("hold.placed"))))
    said = words(story(ABOUT, found(event("hold.placed"), event("hold.placed", at_us=5))))
    assert "outside of the range, from 1970-01-01 00:00:00 UTC" in said
