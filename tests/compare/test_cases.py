import json
from dataclasses import replace

import pytest
from builders import accepted, replied

from compare import cases
from compare.canonical import Answer
from compare.cases import LONGEST_ANSWER, LONGEST_PROMPT
from compare.comparison import Attribution, Finding, Pair, Severity
from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal.exchanges import Exchange


def says(text):
    return json.dumps(
        {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    ).encode()


def asked(text="My dose?"):
    return accepted(
        1, body=json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    )


def exchange(**legs):
    return Exchange(asked(), {reply.leg: reply for reply in legs.values()})


SERVED = replied(1, body=says("500 mg."))
SHADOW = replied(1, Leg.SHADOW, body=says("500 mg, twice."), total_us=700_000)
SHADOW_OF_PRIMARY = replied(1, Leg.SHADOW, side=Side.PRIMARY, body=says("500 mg."))
REASK = replied(1, Leg.REASK, body=says("It is 500 mg."))


def test_both_answers_and_the_second_one_of_the_primary_are_found():
    case = cases.of(exchange(served=SERVED, shadow=SHADOW, reask=REASK))
    assert case.pair == Pair("chat", "My dose?", "500 mg.", "500 mg, twice.")
    assert case.reask == "It is 500 mg."
    assert case.attribution is Attribution.BOTH_ANSWERED and case.found.flags == ()
    assert case.performance.candidate.total_ms == 700.0
    assert case.performance.candidate.chars_per_s == 20.0
    assert case.sides.candidate == Answer("500 mg, twice.", "stop")
    assert case.sides.asked.body["messages"][0]["content"] == case.sides.asked.prompt
    assert case.again == Answer("It is 500 mg.", "stop")


def test_anothers_answer_is_no_answer_of_the_candidate():
    shadow = replied(1, Leg.SHADOW, body=says("500 mg."), other="the gateway fell back")
    case = cases.of(exchange(served=SERVED, shadow=shadow))
    assert case.attribution is Attribution.CANDIDATE_FAILED
    assert [flag.code for flag in case.found.flags] == ["SERVED_BY_OTHER"]


def alone(*legs, why="sampling"):
    served = replace(asked(), reason=why, serving=Side.CANDIDATE)
    return Exchange(served, {reply.leg: reply for reply in legs})


def test_an_answer_whose_primary_was_not_asked_stands_alone():
    case = cases.of(alone(replied(1, side=Side.CANDIDATE, body=says("ours"))))
    assert (case.attribution, case.unpaired) == (Attribution.CANDIDATE_ALONE, "sampling")
    assert (case.pair.primary, case.pair.candidate) == ("", "ours")
    assert case.found.flags == ()


@pytest.mark.parametrize("end", [End.BROKEN, End.TIMEOUT, End.HTTP_ERROR])
def test_a_candidate_that_failed_with_nobody_beside_it_failed(end):
    case = cases.of(alone(replied(1, side=Side.CANDIDATE, end=end, body=b"")))
    assert case.attribution is Attribution.CANDIDATE_FAILED
    assert [flag.severity for flag in case.found.flags] == [Severity.FAIL]


@pytest.mark.parametrize(
    ("end", "attribution"),
    [
        (End.COMPLETE, Attribution.CANDIDATE_FAILED),
        (End.HTTP_ERROR, Attribution.BOTH_FAILED),
    ],
)
def test_where_the_primary_took_over_its_answer_tells_whose_fault_it_was(end, attribution):
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.HTTP_ERROR, 400, 9)
    served = replied(1, end=end, body=says("theirs"), failed_over=(tried,))
    case = cases.of(alone(served))
    assert (case.attribution, case.unpaired) == (attribution, "sampling")


def test_in_canary_the_served_answer_is_the_candidate_s():
    served = replied(1, side=Side.CANDIDATE, body=says("ours"))
    shadow = replied(1, Leg.SHADOW, side=Side.PRIMARY, body=says("theirs"))
    case = cases.of(exchange(served=served, shadow=shadow))
    assert (case.pair.primary, case.pair.candidate) == ("theirs", "ours")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"end": End.TIMEOUT}, "TIMEOUT"),
        ({"body": b"<html>"}, "MALFORMED"),
        ({"body": b"{}", "content_encoding": "gzip"}, "MALFORMED"),
    ],
)
def test_a_candidate_without_an_answer_failed(change, code):
    case = cases.of(exchange(served=SERVED, shadow=replied(1, Leg.SHADOW, **change)))
    assert case.attribution is Attribution.CANDIDATE_FAILED
    assert [flag.code for flag in case.found.flags] == [code]


def test_a_candidate_that_failed_owed_the_form_that_was_asked_for():
    body = b'{"messages": [], "response_format": {"type": "json_object"}}'
    served = replied(1, body=says('{"drug": 5}'))
    shadow = replied(1, Leg.SHADOW, end=End.TIMEOUT)
    legs = {reply.leg: reply for reply in (served, shadow)}
    case = cases.of(Exchange(accepted(1, body=body), legs))
    assert case.found.signals == {"schema_primary": 1.0, "schema_candidate": 0.0}
    plain = cases.of(exchange(served=SERVED, shadow=shadow))
    assert plain.found.signals == {}


def test_garbage_of_the_primary_is_not_the_candidate_s_failure():
    case = cases.of(exchange(served=replied(1, body=b"<html>"), shadow=SHADOW))
    assert case.attribution is Attribution.PRIMARY_FAILED and case.found.flags == ()


@pytest.mark.parametrize(
    "reask", [replied(1, Leg.REASK, end=End.TIMEOUT), replied(1, Leg.REASK, body=says(" "))]
)
def test_a_second_answer_that_never_came_is_none(reask):
    assert cases.of(exchange(served=SERVED, shadow=SHADOW, reask=reask)).reask is None


def test_an_empty_text_is_flagged():
    case = cases.of_texts("1", Pair("chat", "", "words", " "))
    assert [(flag.code, flag.severity) for flag in case.found.flags] == [
        ("EMPTY", Severity.FAIL)
    ]


def test_a_very_long_answer_is_compared_by_its_start_and_says_so():
    pair = Pair("chat", "p" * 10**6, "words", "w" * (LONGEST_ANSWER + 1))
    case = cases.of_texts("1", pair)
    assert (len(case.pair.candidate), len(case.pair.prompt)) == (LONGEST_ANSWER, LONGEST_PROMPT)
    assert [(flag.code, flag.severity) for flag in case.found.flags] == [
        ("LONG_TEXT", Severity.REVIEW)
    ]


def test_what_stands_behind_the_start_is_for_review_unless_it_is_the_same():
    start, rest = "w" * LONGEST_ANSWER, "take 5 mg"
    case = cases.of_texts("1", Pair("chat", "", start + rest, start + rest))
    assert [flag.severity for flag in case.found.flags] == [Severity.INFO]
    case = cases.of_texts("1", Pair("chat", "", start + rest, start + "take 50 mg"))
    assert [flag.severity for flag in case.found.flags] == [Severity.REVIEW]
    assert "behind them stand 10 more, in the primary's 9" in case.found.flags[0].evidence


def test_characters_that_no_encoder_reads_are_replaced():
    case = cases.of_texts("1", Pair("chat", "", "a\ud800b\0c", "fine"), "x\udfff")
    assert (case.pair.primary, case.reask) == ("a\ufffdb\ufffdc", "x\ufffd")


READ = [
    (
        "/v1/completions",
        b'{"prompt": "My dose?"}',
        lambda text: json.dumps({"choices": [{"text": text, "finish_reason": "stop"}]}),
    ),
    (
        "/v1/responses",
        b'{"input": "My dose?", "store": false}',
        lambda text: json.dumps(
            {
                "status": "completed",
                "output": [
                    {"type": "message", "content": [{"type": "output_text", "text": text}]}
                ],
            }
        ),
    ),
]


@pytest.mark.parametrize(("path", "body", "write"), READ)
def test_answers_of_other_text_dialects_are_compared_as_chat_is(path, body, write):
    replies = {
        Leg.SERVED: replied(1, body=write("500 mg.").encode()),
        Leg.SHADOW: replied(1, Leg.SHADOW, body=write("500 mg, twice.").encode()),
        Leg.REASK: replied(1, Leg.REASK, body=write("It is 500 mg.").encode()),
    }
    case = cases.of(Exchange(accepted(1, path=path, body=body), replies))
    assert case.pair == Pair("chat", "My dose?", "500 mg.", "500 mg, twice.")
    assert (case.reask, case.unread, case.found.flags) == ("It is 500 mg.", "", ())


OF_OTHER_KINDS = [
    ("/v1/moderations", "chat", b'{"results": []}', "unknown"),
    ("/v1/gone", "chat", b"anything", "unknown"),
]


@pytest.mark.parametrize(("path", "route", "body", "named"), OF_OTHER_KINDS)
def test_an_answer_that_nothing_reads_is_not_scored_as_if_it_were_chat(
    path, route, body, named
):
    replies = {leg: replied(1, leg, body=body) for leg in Leg}
    case = cases.of(Exchange(accepted(1, path=path, route=route), replies))
    assert case.attribution is Attribution.BOTH_ANSWERED
    assert case.unread == f"no_comparator:{named}"
    assert (case.pair.primary, case.reask, case.found.flags) == ("", None, ())


@pytest.mark.parametrize(("path", "route", "body", "named"), OF_OTHER_KINDS)
def test_a_candidate_that_fails_where_nothing_is_read_has_failed(path, route, body, named):
    shadow = replied(1, Leg.SHADOW, end=End.HTTP_ERROR, status=500)
    replies = {Leg.SERVED: replied(1, body=body), Leg.SHADOW: shadow}
    case = cases.of(Exchange(accepted(1, path=path, route=route), replies))
    assert case.attribution is Attribution.CANDIDATE_FAILED
    assert [flag.code for flag in case.found.flags] == ["HTTP_ERROR"]


@pytest.mark.parametrize("primary", [End.COMPLETE, End.HTTP_ERROR])
def test_what_the_candidate_lacks_is_a_gap_whatever_the_primary_did(primary):
    shadow = replied(1, Leg.SHADOW, end=End.CAPABILITY_GAP, error="`n`: one choice", body=b"")
    served = replied(1, end=primary, body=says("500 mg."))
    case = cases.of(exchange(served=served, shadow=shadow))
    assert case.attribution is Attribution.CAPABILITY_GAP
    assert [flag.code for flag in case.found.flags] == ["CAPABILITY_GAP"]


def test_what_of_the_images_a_candidate_may_have_refused_is_for_the_record():
    part = {"type": "image_url", "image_url": {"url": "https://pacs.test/1.png?key=secret"}}
    body = json.dumps({"messages": [{"role": "user", "content": [part, part]}]}).encode()

    def flags(**change):
        shadow = replied(1, Leg.SHADOW, body=b"", **change)
        replies = {Leg.SERVED: SERVED, Leg.SHADOW: shadow}
        return cases.of(Exchange(accepted(1, body=body), replies)).found.flags

    first, *gaps = flags(end=End.HTTP_ERROR, status=400)
    assert (first.code, first.severity) == ("HTTP_ERROR", Severity.FAIL)
    assert {(one.code, one.severity) for one in gaps} == {("CAPABILITY_GAP", Severity.INFO)}
    words = " ".join(one.evidence for one in gaps)
    assert "2 images" in words and "pacs.test" in words and "secret" not in words
    for other in ({"end": End.TIMEOUT}, {"end": End.HTTP_ERROR, "status": 503}):
        assert len(flags(**other)) == 1


def test_of_an_answer_that_its_client_left_nothing_is_read_and_of_a_recording_its_longest_length():
    left = replied(1, side=Side.CANDIDATE, end=End.CLIENT_ABORT, body=b'{"choices": [')
    case = cases.of(alone(left, SHADOW_OF_PRIMARY, why="client_abort"))
    assert (case.attribution, case.unpaired) == (Attribution.CLIENT_LEFT, "client_abort")
    assert case.found == Finding()
    form = {"content-type": "multipart/form-data; boundary=x"}
    upload = replace(alone(left).accept, headers=form, body=b"x" * 5000)
    case = cases.of(Exchange(upload, {Leg.SERVED: left}))
    assert case.found == Finding({"audio_at_most_s": 10.0})
