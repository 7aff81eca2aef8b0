import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.rehearsal.answers import Line
from cutover.rehearsal.replay import (
    MOST_CHUNKS,
    Asked,
    Replay,
    Worsening,
    asked,
    by_prompt,
    chunks,
    pace,
)

LINES = (
    Line("1", "chat", "one?", {"big": "Big one.", "again": "Again one.", "bad": "Bad one."}),
    Line("2", "chat", "two?", {"big": "", "again": "Again two.", "bad": "Bad two."}),
)


def asking(prompt="one?", **changes):
    values = {
        "model": "big", "prompt": prompt, "streaming": False, "include_usage": False,
        "tenant": "clinic-1", "session": 1,
    }  # fmt: skip
    return Asked(**{**values, **changes})


def a_replay(**changes):
    return Replay({"big": "big"}, by_prompt(LINES), **changes)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (asking(), "Big one."),
        (asking("two?"), ""),
        (asking("three?"), None),
        (asking(model="small"), None),
    ],
)
def test_an_answer_is_found_by_prompt_and_model(question, text):
    assert a_replay(reask="again").answer(question, 0) == text


def test_a_session_asked_again_is_answered_by_the_noise_model():
    assert a_replay(reask="again").answer(asking(), 0, again=True) == "Again one."


def test_without_noise_the_primary_asked_again_says_the_same():
    assert a_replay().answer(asking(), 0, again=True) == "Big one."


def test_a_candidate_worsens_from_one_session_on_and_the_first_time_is_kept():
    worsening = Worsening("bad", {"clinic-1": 5})
    replay = a_replay(worsening=worsening)
    assert replay.answer(asking(session=4), 100) == "Big one."
    assert replay.answer(asking(session=5), 200) == "Bad one."
    assert replay.answer(asking(session=6), 300) == "Bad one."
    assert replay.answer(asking(session=9, tenant="clinic-2"), 400) == "Big one."
    assert worsening.first_bad_us == {"clinic-1": 200}


def a_body(**changes):
    return {"model": "big", "messages": [{"role": "user", "content": "one?"}], **changes}


def test_a_body_is_read_with_its_metadata():
    body = a_body(
        stream=True,
        stream_options={"include_usage": True},
        metadata={"rehearsal_tenant": "clinic-1", "rehearsal_session": "7"},
    )
    assert asked(body) == asking(streaming=True, include_usage=True, session=7)


def test_other_peoples_metadata_is_no_session():
    for metadata in (None, [], {"rehearsal_session": "x"}):
        assert asked(a_body(metadata=metadata)).session == 0


def test_the_last_user_message_is_the_prompt():
    talk = [("system", "Be kind."), ("user", "zero?"), ("assistant", "Yes."), ("user", "one?")]
    body = a_body(messages=[{"role": role, "content": text} for role, text in talk])
    assert asked(body).prompt == "one?"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        a_body(messages=[]),
        a_body(messages="one?"),
        a_body(messages=[{"role": "user"}]),
    ],
)
def test_what_asks_nothing_is_no_question(body):
    assert asked(body) is None


@given(st.text())
def test_chunks_joined_are_the_text_again(text):
    assert "".join(chunks(text)) == text
    assert len(chunks(text)) <= MOST_CHUNKS


def test_the_pace_of_an_answer_is_the_same_at_every_replay():
    first = pace("one?", "big")
    assert first == pace("one?", "big")
    assert 0.020 <= first.first_token_s <= 0.060
    assert len({pace(f"{n}?", "big") for n in range(50)}) > 10
