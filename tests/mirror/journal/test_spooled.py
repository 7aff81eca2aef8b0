import json
from dataclasses import MISSING, fields

import pytest
from builders import accepted, replied
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import (
    Accept,
    Attempt,
    End,
    Fact,
    Large,
    Leg,
    Outcome,
    Reply,
    Side,
    Source,
)
from mirror.journal import quick_json, rows
from mirror.journal.spooled import accept_of, accept_values, reply_of, reply_values
from mirror.pace import Pace

TEXT = st.text(max_size=500)
COUNT = st.integers(0, 2**63 - 1)
LARGE = st.builds(Large, st.just("d" * 64), COUNT, st.just("c" * 64))
ATTEMPT = st.builds(
    Attempt,
    st.sampled_from(Side), TEXT, TEXT, st.sampled_from(End), st.none() | COUNT, COUNT, TEXT,
)  # fmt: skip
PACE = st.builds(
    Pace, COUNT, COUNT, COUNT, COUNT, st.lists(st.tuples(COUNT, COUNT), max_size=3).map(tuple)
)
FACT = st.builds(Fact, TEXT, TEXT, st.sampled_from(Source))
ACCEPTS = st.builds(
    Accept,
    **dict.fromkeys(("id", "tenant", "route", "session", "method", "path"), TEXT),
    **dict.fromkeys(("requested_model", "stage", "reason", "kept", "subject"), TEXT),
    **dict.fromkeys(("accepted_us", "epoch"), COUNT),
    **dict.fromkeys(("streaming", "reask"), st.booleans()),
    serving=st.sampled_from(Side),
    outcome=st.sampled_from(Outcome),
    headers=st.dictionaries(TEXT, TEXT, max_size=3),
    body=st.just(b""),
    large=st.none() | LARGE,
)
REPLIES = st.builds(
    Reply,
    **dict.fromkeys(("exchange_id", "upstream", "location", "model", "error"), TEXT),
    **dict.fromkeys(("content_type", "content_encoding", "other"), TEXT),
    **dict.fromkeys(("served_model", "served_by"), TEXT),
    **dict.fromkeys(("sent_us", "total_us"), COUNT),
    **dict.fromkeys(("status", "first_byte_us", "first_token_us"), st.none() | COUNT),
    leg=st.sampled_from(Leg),
    side=st.sampled_from(Side),
    end=st.sampled_from(End),
    body=st.just(b""),
    body_cut=st.booleans(),
    failed_over=st.lists(ATTEMPT, max_size=2).map(tuple),
    facts=st.lists(FACT, max_size=3).map(tuple),
    large=st.none() | LARGE,
    pace=st.none() | PACE,
)
"""With every field said, so that one that is forgotten somewhere shows."""


def through(values):
    """As a spool brings them back."""
    return quick_json.read(quick_json.written(values))


def cut(text, length):
    """As both engines store a text in a column of this length."""
    return (
        text.encode("utf-8", "replace")
        .decode()
        .replace("\0", "\N{REPLACEMENT CHARACTER}")[:length]
    )


@given(ACCEPTS)
def test_an_accept_comes_back_with_its_texts_cut_to_their_columns(accept):
    back = accept_of(through(accept_values(accept)), b"body")
    by_names = rows.accept_spooled(rows.accept_flat(accept), b"body", accept.large)
    assert back == by_names
    assert back.session == cut(accept.session, 200)


@given(REPLIES)
def test_a_reply_comes_back_with_its_texts_cut_to_their_columns(reply):
    back = reply_of(through(reply_values(reply)), b"body")
    by_names = rows.reply_spooled(rows.reply_flat(reply), b"body", reply.large)
    assert back == by_names
    assert back.error == cut(reply.error, 500)


def test_no_text_is_cut_while_somebody_waits_for_an_answer():
    assert "s" * 500 in accept_values(accepted(1, session="s" * 500))


@pytest.mark.parametrize(
    ("record", "values"), [(accepted(1), accept_values), (replied(1), reply_values)]
)
def test_every_field_has_a_place_but_the_body_which_has_one_of_its_own(record, values):
    assert len(values(record)) == len(fields(record)) - 1


def test_the_places_stay_as_they_are_for_what_waits_in_a_spool_is_read_by_the_next_version():
    accept = accepted(1, reask=True, kept="diverted", headers={"x": "1"})
    told = [
        accept.id, accept.tenant, "chat", accept.session, accept.accepted_us, "POST", accept.path,
        accept.requested_model, accept.streaming, accept.stage, accept.epoch, "primary", "pending",
        "", True, {"x": "1"}, "diverted", "", None,
    ]  # fmt: skip
    assert through(accept_values(accept)) == told
    known = {
        "failed_over": (Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 7, "llava"),),
        "facts": (Fact("gpus", "L40S", Source.DECLARED),),
        "pace": Pace(3, 900, 400, 5, ((40, 1), (55, 1))),
        "large": Large("d", 5, "c"),
    }  # fmt: skip
    reply = replied(1, **known)
    told = [
        reply.exchange_id, "served", reply.side.value, reply.upstream, reply.location, reply.model, reply.sent_us,
        "complete", reply.status, "", reply.total_us, reply.first_byte_us, reply.first_token_us,
        reply.content_type, "", False, reply.served_model, reply.served_by,
        [["candidate", "gpu", "onprem", "timeout", None, 7, "llava"]], [["gpus", "L40S", "declared"]],
        "", [3, 900, 400, 5, [[40, 1], [55, 1]]], ["d", 5, "c"],
    ]  # fmt: skip
    assert through(reply_values(reply)) == told


@pytest.mark.parametrize(
    ("record", "values", "of"),
    [(accepted(1), accept_values, accept_of), (replied(1), reply_values, reply_of)],
)
def test_an_older_record_is_short_of_what_came_later_and_a_newer_one_has_more(
    record, values, of
):
    told = through(values(record))
    assert of(told[:-2], record.body) == record
    assert of([*told, "of tomorrow"], record.body) == record
    needed = sum(one.default is MISSING for one in fields(record))
    with pytest.raises((KeyError, TypeError)):
        of(told[: needed - 3], record.body)


@pytest.mark.parametrize("values", [{}, {"id": 1}, "text", 7, None])
def test_what_is_no_list_of_values_is_refused(values):
    with pytest.raises(ValueError, match="a list"):
        accept_of(values, b"")


def test_half_a_character_is_written_as_any_and_read_as_the_store_takes_it():
    accept = accepted(1, session="\ud800", headers={"x": "\udfff"})
    back = accept_of(json.loads(quick_json.written(accept_values(accept))), accept.body)
    assert (back.session, back.headers) == ("?", {"x": "\udfff"})
