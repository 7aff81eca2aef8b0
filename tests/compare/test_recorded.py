"""Lines of recorded answers, as `crossfade score` takes them."""

import json

import pytest
from streams import delta, sse

from compare.comparison import Attribution
from compare.recorded import BrokenLine, parse

TEXTS = {
    "id": "1",
    "route": "chat",
    "input": "Dose?",
    "primary": "500 mg.",
    "candidate": "250 mg.",
}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Dose?"}]}


def chat(text, finish="stop"):
    return {"choices": [{"message": {"content": text}, "finish_reason": finish}]}


def response(text):
    part = {"type": "output_text", "text": text}
    return {"status": "completed", "output": [{"type": "message", "content": [part]}]}


def case(**line):
    return parse(json.dumps(TEXTS | line).encode())


def codes(found):
    return [flag.code for flag in found.found.flags]


@pytest.mark.parametrize(
    "write",
    [
        str,
        chat,
        response,
        lambda text: {"choices": [{"text": text, "finish_reason": "stop"}]},
        lambda text: sse(delta(content=text), delta("stop")).decode(),
    ],
    ids=["text", "chat", "responses", "completions", "stream"],
)
def test_texts_and_whole_bodies_of_any_dialect_say_the_same(write):
    found = case(
        primary=write("500 mg."), candidate=write("250 mg."), reask=write("It is 500.")
    )
    assert (found.pair.primary, found.pair.candidate) == ("500 mg.", "250 mg.")
    assert (found.reask, found.pair.prompt) == ("It is 500.", "Dose?")
    assert found.attribution is Attribution.BOTH_ANSWERED and codes(found) == []


def test_a_request_s_body_gives_the_prompt_and_what_else_it_asks_for():
    found = case(input=ASKED, primary=chat("500 mg."), candidate=chat("250 mg."))
    assert found.pair.prompt == "Dose?" and found.sides.asked.body == ASKED


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        ({"error": {"message": "engine died"}}, "HTTP_ERROR"),
        ({"error": "engine died"}, "HTTP_ERROR"),
        ({"odd": 1}, "MALFORMED"),
        (sse(delta(content="500")).decode(), "STREAM_TRUNCATED"),
        (sse(delta(content="500"), {"error": {"message": "x"}}).decode(), "STREAM_ERROR"),
    ],
)
def test_a_body_that_is_no_answer_is_the_candidate_s_failure(candidate, code):
    found = case(primary=chat("500 mg."), candidate=candidate)
    assert found.attribution is Attribution.CANDIDATE_FAILED and codes(found) == [code]


def test_a_text_that_talks_of_data_is_a_text():
    assert case(primary="data: 500 mg", candidate="event: none").pair.primary == "data: 500 mg"


def test_two_errors_are_both_sides_failure_and_nobody_s_flag_of_weight():
    found = case(primary={"error": {}} | {"error": "a"}, candidate={"error": "b"})
    assert found.attribution is Attribution.BOTH_FAILED
    assert not any(flag.severity == "fail" for flag in found.found.flags)


def test_a_cut_answer_is_told_from_its_body():
    assert codes(case(primary=chat("a b"), candidate=chat("a", "length"))) == [
        "TRUNCATED_LENGTH"
    ]


@pytest.mark.parametrize("route", ["audio", "reason"])
def test_a_line_without_a_route_is_of_the_route_given(route):
    line = {key: value for key, value in TEXTS.items() if key != "route"}
    assert parse(json.dumps(line).encode(), route).pair.route == route
    assert parse(json.dumps(TEXTS).encode(), route).pair.route == "chat"


def test_what_was_said_needs_no_words_that_ask_for_it():
    line = {key: value for key, value in TEXTS.items() if key != "input"} | {"route": "audio"}
    assert parse(json.dumps(line).encode()).pair.prompt == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"candidate": chat("a")}, "texts stand beside whole bodies"),
        ({"input": ASKED}, "`input` is no text and the answers are texts"),
        ({"candidate": None}, "`candidate` is not a text, nor a body"),
        ({"reask": 3}, "`reask` is not a text, nor a body"),
        ({"id": 3}, "`id` is not a text"),
        ({"route": "talk"}, "route 'talk' is unknown"),
    ],
)
def test_a_broken_line_says_what_to_mend(change, said):
    with pytest.raises(BrokenLine, match=said):
        case(**change)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_a_line_nested_without_end_is_told_as_that(deep):
    with pytest.raises(BrokenLine, match="nested too deeply to be read"):
        parse(deep.encode())


def test_half_characters_in_a_body_are_read_as_something():
    assert case(primary=chat("a\ud800b"), candidate=chat("c")).pair.primary == "a\ufffdb"


def vectors(*rows):
    return {"data": [{"index": at, "embedding": row} for at, row in enumerate(rows)]}


@pytest.mark.parametrize("asked", [["a", "b", "c"], {"input": ["a", "b", "c"], "model": "m"}])
def test_inputs_to_embed_are_a_list_or_a_request_s_body(asked):
    rows = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
    found = case(route="embed", input=asked, primary=vectors(*rows), candidate=vectors(*rows))
    assert (found.kind.name, found.sides.asked.prompt) == ("vectors", "a\nb\nc")
    assert found.sides.asked.body["input"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("route", "broken", "kind"),
    [("embed", "vectors", "embeddings"), ("rerank", "results", "rerank")],
)
def test_where_no_answer_tells_the_route_tells_the_dialect(route, broken, kind):
    error = {"error": {"message": f"no {broken}"}}
    found = case(route=route, primary=error, candidate=error)
    assert found.sides.dialect == kind and found.attribution is Attribution.BOTH_FAILED
