import pytest
from streams import delta, sse

from compare.asked import Asked
from compare.canonical import Answer, ToolCall
from compare.comparators.tools import agreement, applies, matched, said, tools
from compare.comparison import Severity
from compare.dialects.chat import CHAT
from compare.reassembly import Reassembly
from compare.sides import Sides

BOOK = {
    "name": "book",
    "parameters": {
        "type": "object",
        "properties": {"day": {"type": "string"}, "slot": {"type": "integer"}},
        "required": ["day"],
    },
}
BODY = {"tools": [{"type": "function", "function": BOOK}, {"function": {"name": "cancel"}}]}
MONDAY = '{"day": "Monday", "slot": 3}'


def calls(*named, finish="tool_calls", text="", refusal=""):
    made = tuple(ToolCall(*one) if isinstance(one, tuple) else one for one in named)
    return Answer(text, finish, refusal=refusal, tool_calls=made)


def sides(candidate, primary=None, body=BODY):
    primary = calls(("book", MONDAY)) if primary is None else primary
    return Sides("chat", "chat", Asked("Book me in.", body), primary, candidate)


def found(candidate, **values):
    return [(one.code, one.severity.value) for one in tools(sides(candidate, **values)).flags]


def equivalence(candidate, **values):
    return agreement(sides(candidate, **values)).signals["equivalence"]


def evidence(candidate, **values):
    return " | ".join(one.evidence for one in tools(sides(candidate, **values)).flags)


def test_the_same_call_in_another_spelling_is_the_same():
    same = calls(("book", '{"slot":3,"day":"monday"}'))
    assert found(same) == [] and equivalence(same) == 1.0


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call", ""])
def test_servers_finish_an_answer_with_calls_in_different_words(finish):
    assert found(calls(("book", MONDAY), finish=finish)) == []


def test_parallel_calls_have_no_order():
    both = [("book", MONDAY), ("cancel", "{}"), ("book", '{"day": "Friday"}')]
    assert found(calls(*both[::-1]), primary=calls(*both)) == []
    assert equivalence(calls(*both[::-1]), primary=calls(*both)) == 1.0


def test_another_function_fails_and_agrees_in_nothing():
    other = calls(("cancel", MONDAY))
    assert found(other) == [("TOOL_NAME", "fail")] and equivalence(other) == 0.0
    assert evidence(other) == "calls cancel; the primary calls book"


def test_a_function_that_nobody_offered_fails():
    assert "nobody offered" in evidence(calls(("delete_all", "{}")))
    assert "nobody offered" not in evidence(calls(("delete_all", "{}")), body={})


@pytest.mark.parametrize(
    ("primary", "candidate", "words"),
    [
        (calls(("book", MONDAY)), Answer("I have booked it.", "stop"), "calls nothing"),
        (Answer("Which day?", "stop"), calls(("book", MONDAY)), "the primary calls nothing"),
        (
            calls(("book", MONDAY)),
            calls(("book", MONDAY), ("cancel", "{}")),
            "also calls cancel",
        ),
        (calls(("book", MONDAY), ("cancel", "{}")), calls(("book", MONDAY)), "calls cancel"),
    ],
)
def test_more_or_fewer_calls_fail(primary, candidate, words):
    assert found(candidate, primary=primary) == [("TOOL_NAME", "fail")]
    assert words in evidence(candidate, primary=primary)
    assert equivalence(candidate, primary=primary) < 1


def test_a_refusal_instead_of_a_call_is_told_as_one():
    refused = Answer(refusal="I cannot book anything.")
    assert ("REFUSAL_ONLY_CAND", "fail") in found(refused)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('{"day": "Mon', "Unterminated string"),
        ("", "is empty"),
        ("Monday", "is no JSON"),
        ('"{}"', "is no object"),
        ("```json\n" + MONDAY + "\n```", "a fence"),
        ('{"slot": 3}', "'day' is a required property"),
        ('{"day": "Monday", "slot": "3"}', "$.slot: is string, not integer"),
        ('{"day": "Monday", "day": "Friday"}', "the key `day` twice"),
        ('{"day": NaN}', "NaN"),
        ("[" * 10_000, "nested deeper"),
        ('{"day": "' + "x" * 1_000_000 + '"}', "longer than"),
    ],
)
def test_arguments_that_the_app_cannot_use_fail_with_the_reason(arguments, words):
    candidate = calls(("book", arguments))
    assert ("TOOL_ARGS", "fail") in found(candidate) and words in evidence(candidate)
    assert equivalence(candidate) < 1


def test_what_the_primary_breaks_as_well_is_for_review():
    broken = calls(("book", '{"slot": 3}'))
    assert found(broken, primary=broken) == [("TOOL_ARGS", "review")]


@pytest.mark.parametrize(
    ("arguments", "severity"),
    [
        ('{"day": "Friday", "slot": 3}', "fail"),
        ('{"day": "Monday", "slot": 4}', "fail"),
        ('{"day": "Monday"}', "review"),
        ('{"day": "Monday", "slot": 3, "why": "a cough that does not go away"}', "review"),
    ],
)
def test_values_are_compared_as_fields_are(arguments, severity):
    assert found(calls(("book", arguments))) == [("TOOL_ARGS", severity)]
    assert 0 < equivalence(calls(("book", arguments))) < 1


def test_other_words_for_the_same_are_no_flag():
    long = '{"day": "Monday", "why": "the cough will not go away"}'
    short = '{"day": "Monday", "why": "a cough that will not go away"}'
    assert found(calls(("book", short)), primary=calls(("book", long))) == []


def test_an_answer_in_tool_calls_to_a_request_of_the_api_s_first_years_fails():
    old = {"functions": [BOOK]}
    primary = calls(("book", MONDAY), finish="function_call")
    assert found(calls(("book", MONDAY)), primary=primary, body=old) == [("TOOL_NAME", "fail")]
    assert found(primary, primary=primary, body=old) == []


def test_a_filter_that_only_the_candidate_met_is_for_review():
    assert found(calls(("book", MONDAY), finish="content_filter")) == [
        ("FINISH_REASON", "review")
    ]


def test_a_schema_of_no_use_is_nobody_s_fault():
    body = {"functions": [{"name": "book", "parameters": {"$ref": "https://schemas.test/a"}}]}
    answer = calls(("book", MONDAY), finish="function_call")
    assert found(answer, primary=answer, body=body) == [("INCOMPARABLE", "info")]
    assert agreement(sides(answer, body=body)).missing == "schema_broken"


def test_calls_of_one_function_are_matched_by_what_is_most_alike():
    first, second = ToolCall("book", '{"day": "Monday"}'), ToolCall("book", '{"day": "Friday"}')
    other = ToolCall("cancel", "{}")
    assert matched((first, second), (second, other)) == [
        (first, None),
        (second, second),
        (None, other),
    ]


def test_very_many_calls_are_compared_in_bounded_time():
    many = calls(*[("book", f'{{"day": "{n}"}}') for n in range(5000)])
    assert tools(sides(many, primary=many)).signals == {"calls_named": 1.0, "arguments": 1.0}


def test_calls_are_looked_for_on_both_sides():
    assert applies(sides(Answer("No."))) and not applies(
        sides(Answer("No."), primary=Answer("So."))
    )
    assert said(Answer("a")) and not said(Answer(" "))


def test_a_name_that_cannot_be_written_is_shown_all_the_same():
    flags = tools(sides(calls(("\ud800", "{}")))).flags
    assert all(one.evidence.encode() for one in flags)
    assert flags[0].severity is Severity.FAIL


def test_a_call_that_was_cut_and_says_that_it_finished_is_found_by_its_arguments():
    # vLLM 53269: max_tokens cut the call, and the stream says `tool_calls`.
    stream = Reassembly(CHAT)
    function = {"name": "book", "arguments": '{"day": "Mon'}
    stream.feed(
        sse(delta(tool_calls=[{"index": 0, "function": function}]), delta("tool_calls"))
    )
    cut = stream.answer()
    assert (cut.finish_reason, cut.problem) == ("tool_calls", "")
    assert found(cut) == [("TOOL_ARGS", "fail")] and equivalence(cut) == 0.0


@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_a_demanded_call_is_the_same_however_the_server_finishes_it(finish):
    # vLLM 25054: a named or required tool finished as a text does.
    body = BODY | {"tool_choice": {"type": "function", "function": {"name": "book"}}}
    assert found(calls(("book", MONDAY), finish=finish), body=body) == []
