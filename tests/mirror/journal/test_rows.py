import json

from builders import accepted, replied
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import Attempt, End, Fact, Leg, Side, Source
from mirror.journal.rows import (
    accept_flat,
    accept_of,
    accept_row,
    accept_spooled,
    reply_flat,
    reply_of,
    reply_row,
    reply_spooled,
)
from mirror.pace import Pace

TEXT = st.text(max_size=500)
ATTEMPT = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 7)


def test_rows_say_what_the_records_say():
    accept = accepted(1, reask=True, kept="diverted")
    facts = (Fact("model", "llama", Source.OBSERVED), Fact("gpus", "L40S", Source.DECLARED))
    pace = Pace(3, 900, 400, 5, ((40, 1), (55, 1)))
    known = {
        "failed_over": (ATTEMPT, ATTEMPT),
        "first_byte_us": 3,
        "facts": facts,
        "pace": pace,
    }
    reply = replied(1, Leg.REASK, **known)
    assert accept_of(accept_row(accept), accept.body) == accept
    assert reply_of(reply_row(reply), reply.body) == reply


def test_what_an_older_version_spooled_is_read():
    flat = reply_flat(replied(1))
    del flat["facts"], flat["other"], flat["pace"]
    assert reply_spooled(flat, replied(1).body) == replied(1)
    flat = accept_flat(accepted(1))
    del flat["kept"], flat["subject"]
    assert accept_spooled(flat, accepted(1).body) == accepted(1)


@given(session=TEXT, model=TEXT, header=TEXT)
def test_texts_of_clients_fit_their_columns_and_any_engine(session, model, header):
    accept = accepted(1, session=session, requested_model=model, headers={"x": header})
    row = accept_row(accept)
    for name in ("session", "requested_model", "headers"):
        row[name].encode()  # no half characters
        assert "\0" not in row[name]
    assert len(row["session"]) <= 200
    assert accept_row(accept_of(row, b"")) == row
    json.dumps(row)


@given(error=TEXT, served=TEXT)
def test_texts_of_upstreams_fit_too(error, served):
    row = reply_row(replied(1, error=error, served_model=served))
    assert len(row["error"]) <= 500 and len(row["served_model"]) <= 200
    assert "\0" not in row["error"] + row["served_model"]


def test_a_text_that_fits_stays_as_it_is():
    assert accept_row(accepted(1, session="sesi-1 患者"))["session"] == "sesi-1 患者"


def test_a_driver_gets_texts_alone_where_the_spool_may_have_words_of_an_enumeration():
    for row in (accept_row(accepted(1)), reply_row(replied(1, error=End.TIMEOUT))):
        assert {type(value) for value in row.values()} <= {str, int, bool, type(None)}


@given(session=TEXT, model=TEXT, error=TEXT)
def test_what_comes_from_the_spool_fits_as_what_goes_to_the_store(session, model, error):
    accept = accepted(1, session=session, requested_model=model)
    reply = replied(1, error=error, served_model=model)
    assert accept_spooled(accept_flat(accept), accept.body) == accept_of(
        accept_row(accept), accept.body
    )
    assert reply_spooled(reply_flat(reply), reply.body) == reply_of(
        reply_row(reply), reply.body
    )


def test_no_text_is_cut_while_somebody_waits_for_an_answer():
    assert accept_flat(accepted(1, session="s" * 500))["session"] == "s" * 500
