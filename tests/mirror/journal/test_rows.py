import json

from builders import accepted, replied
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import Attempt, End, Fact, Leg, Side, Source
from mirror.journal.rows import accept_of, accept_row, reply_of, reply_row
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
    row = reply_row(replied(1))
    del row["facts"], row["other"], row["pace"]
    assert reply_of(row, replied(1).body) == replied(1)
    row = accept_row(accepted(1))
    del row["kept"]
    assert accept_of(row, accepted(1).body) == accepted(1)


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
