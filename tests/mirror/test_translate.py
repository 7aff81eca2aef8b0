"""Requests as upstreams understand them: tables, and laws for every body and every rule."""

import asyncio
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mirror import body as bodies
from mirror.dialects.chat import CHAT
from mirror.dialects.transcriptions import TRANSCRIPTIONS
from mirror.exchange import Leg, Side
from mirror.translate import BODIES, Asking, Gap, gap, prepared, translated
from policies.presets import translation as preset
from policies.translation import Body, IncludeUsage, Preset, Rule, Translation, conflicts

PATH = "/v1/chat/completions"


def asking(*rules, usage=IncludeUsage.NEVER, path=PATH, **changes):
    rules = tuple(rule if isinstance(rule, Rule) else Rule(**rule) for rule in rules)
    given = {
        "dialect": CHAT,
        "path": path,
        "content_type": "application/json",
        "model": "own",
        "side": Side.CANDIDATE,
        "leg": Leg.SHADOW,
        "translation": Translation(include_usage=usage, rules=rules),
    }
    return Asking(**given | changes)


def edited(text, *rules, **values):
    return translated(text.encode(), asking(*rules, **values)).decode()


@pytest.mark.parametrize(
    ("rule", "text", "after"),
    [
        (
            {"rename": "max_completion_tokens", "to": "max_tokens"},
            '{"max_completion_tokens" : 1e2,"x":1.0}',
            '{"max_tokens" : 1e2,"x":1.0}',
        ),
        (
            {"rename": "max_completion_tokens", "to": "max_tokens"},
            '{"max_completion_tokens": 9, "max_tokens": 5}',
            '{ "max_tokens": 5}',
        ),
        ({"drop": "user"}, '{"a": 1, "user": "u"}', '{"a": 1}'),
        ({"drop": "tier", "only": ["flex"]}, '{"tier": "auto"}', '{"tier": "auto"}'),
        ({"drop": "tier", "only": ["flex"]}, '{"tier": "flex"}', "{}"),
        ({"drop": "tier", "unless": ["auto"]}, '{"tier": "flex"}', "{}"),
        ({"default": "temperature", "to": 1}, '{"a": 0}', '{"a": 0, "temperature": 1}'),
        ({"default": "temperature", "to": 1}, '{"temperature": null}', '{"temperature": 1}'),
        ({"default": "temperature", "to": 1}, '{"temperature": 0}', '{"temperature": 0}'),
        ({"force": "n", "to": 1}, '{"n": 3, "n": 2}', '{"n": 3, "n": 1}'),
        (
            {"default": "chat_template_kwargs.enable_thinking", "to": False},
            '{"chat_template_kwargs": {"a":1}}',
            '{"chat_template_kwargs": {"a":1, "enable_thinking": false}}',
        ),
    ],
)
def test_what_a_rule_does(rule, text, after):
    assert edited(text, rule) == after
    assert edited(after, rule) == after


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_rules_are_written_does_not_matter(order):
    rules = [{"rename": "newer", "to": "older"}, {"default": "older", "to": 5}][::order]
    assert edited('{"newer": 9}', *rules) == '{"older": 9}'
    assert edited("{}", *rules) == '{"older": 5}'


def test_a_rule_is_about_the_bodies_it_names():
    rule = {"drop": "user", "on": ["embeddings"]}
    assert edited('{"user": "u"}', rule) == '{"user": "u"}'
    assert edited('{"user": "u"}', rule, path="/v1/embeddings") == "{}"
    assert edited('{"user": "u"}', {"drop": "user"}, path="/v1/unknown") == '{"user": "u"}'


STREAM = '{"stream": true, "x":1}'
TOLD = '{"stream": true, "x":1, "stream_options": {"include_usage": true}}'


@pytest.mark.parametrize(
    ("usage", "leg", "text", "after"),
    [
        ("copies", Leg.SHADOW, STREAM, TOLD),
        ("copies", Leg.REASK, STREAM, TOLD),
        ("copies", Leg.SERVED, STREAM, STREAM),
        ("always", Leg.SERVED, STREAM, TOLD),
        ("never", Leg.SHADOW, STREAM, STREAM),
        ("copies", Leg.SHADOW, '{"stream": false}', '{"stream": false}'),
        ("copies", Leg.SHADOW, "{}", "{}"),
        (
            "copies",
            Leg.SHADOW,
            '{"stream_options": {"include_usage": false, "a":1}, "stream": true}',
            '{"stream_options": {"include_usage": true, "a":1}, "stream": true}',
        ),
    ],
)
def test_streams_that_nobody_reads_are_asked_for_their_usage(usage, leg, text, after):
    assert edited(text, usage=IncludeUsage(usage), leg=leg) == after


def test_usage_is_not_asked_for_where_there_is_no_such_thing():
    usage = IncludeUsage.ALWAYS
    assert edited(STREAM, usage=usage, path="/v1/responses") == STREAM


@pytest.mark.parametrize(
    ("rule", "document", "lacks"),
    [
        ({"refuse": "suffix"}, {"suffix": "end"}, True),
        ({"refuse": "suffix"}, {"suffix": ""}, False),
        ({"refuse": "suffix"}, {"suffix": None}, False),
        ({"refuse": "tools"}, {"tools": []}, False),
        ({"refuse": "n", "unless": [1]}, {"n": 1}, False),
        ({"refuse": "n", "unless": [1]}, {"n": True}, True),
        ({"refuse": "n", "unless": [1]}, {"n": 2}, True),
        ({"refuse": "logprobs", "unless": [False]}, {"logprobs": 0}, True),
        ({"refuse": "logprobs", "unless": [False]}, {"logprobs": False}, False),
        ({"refuse": "parallel", "only": [False]}, {"parallel": False}, True),
        ({"refuse": "parallel", "only": [False]}, {}, False),
        (
            {"refuse": "response_format.type", "only": ["json_schema"]},
            {"response_format": {"type": "json_schema"}},
            True,
        ),
        (
            {"refuse": "response_format.type", "only": ["json_schema"]},
            {"response_format": "json_schema"},
            False,
        ),
        ({"refuse": "modalities[]", "unless": ["text"]}, {"modalities": ["text"]}, False),
        (
            {"refuse": "modalities[]", "unless": ["text"]},
            {"modalities": ["text", "audio"]},
            True,
        ),
        (
            {"refuse": "messages[].content[].type", "only": ["file"]},
            {"messages": [{"content": "file"}, {"content": [{"type": "file"}]}]},
            True,
        ),
        (
            {"refuse": "messages[].content[].type", "only": ["file"]},
            {"messages": [{"content": "file"}, None, {"content": [{"type": "text"}, 3]}]},
            False,
        ),
        ({"refuse": "*"}, {}, False),
        ({"refuse": "*"}, {"model": "m"}, True),
    ],
)
def test_what_a_candidate_lacks(rule, document, lacks):
    found = gap(document, PATH, Translation(rules=(Rule(**rule),)))
    assert found == (Gap(rule["refuse"], "") if lacks else None)


def test_a_gap_is_told_without_a_word_of_the_request():
    rule = {"refuse": "messages[].content[].type", "unless": ["text"], "why": "text alone"}
    body = b'{"model": "big", "messages": [{"content": [{"type": "Mrs Tan"}]}]}'
    found = prepared(body, asking(rule))
    assert str(found) == "`messages[].content[].type`: text alone"
    assert str(Gap("*", "")) == "this call is not supported"


def test_a_primary_is_asked_all_the_same():
    body = b'{"model": "own", "suffix": "end"}'
    rule = {"refuse": "suffix"}
    assert isinstance(prepared(body, asking(rule)), Gap)
    assert prepared(body, asking(rule, side=Side.PRIMARY)) == body


def test_what_a_form_asks_for_can_be_lacking_too():
    kind = "multipart/form-data; boundary=b"
    line = '--b\r\ncontent-disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(
        [line.format("model", "big"), line.format("response_format", "srt"), "--b--"]
    )
    rule = {"refuse": "response_format", "unless": ["json", "text"], "on": ["transcriptions"]}
    form = {"path": "/v1/audio/transcriptions", "content_type": kind, "dialect": TRANSCRIPTIONS}
    assert isinstance(prepared(body.encode(), asking(rule, **form)), Gap)
    plain = body.replace("srt", "json").encode()
    assert prepared(plain, asking(rule, **form)) == plain.replace(b"big", b"own")


def test_a_request_without_a_model_goes_as_it_came():
    assert prepared(b"not JSON", asking({"drop": "user"}, model="")) == b"not JSON"


def test_the_model_and_the_rules_change_together():
    body = b'{ "user": "u", "model": "big", "seed":7 }'
    assert prepared(body, asking({"drop": "user"})) == b'{ "model": "own", "seed":7 }'


@pytest.mark.parametrize("name", Preset)
def test_a_request_of_plain_words_is_no_gap_for_any_server(name):
    plain = {"model": "m", "messages": [{"role": "user", "content": "How often?"}], "n": 1}
    parts = [{"type": "text", "text": "and this?"}]
    plain |= {"messages": [*plain["messages"], {"role": "user", "content": parts}]}
    tools = {"tools": [{"type": "function"}], "modalities": ["text"], "tool_choice": "auto"}
    assert gap(plain | tools, PATH, preset(name)) is None


def test_openai_is_asked_exactly_as_its_clients_ask():
    body = b'{"model":"own","user":"u","store":false,"stream":true,"n":2}'
    served = asking(side=Side.PRIMARY, leg=Leg.SERVED, translation=preset(Preset.OPENAI))
    assert prepared(body, served) == body


NAMES = st.sampled_from(["a", "b", "c", "d", "a.x", "a.y", "b.x"])
VALUES = st.sampled_from([None, 0, 1, True, "text", [], {}, {"x": 1}, {"y": None}])
RULES = st.one_of(
    st.builds(
        lambda n, to: Rule(rename=n, to=to), NAMES, st.sampled_from(["a", "b", "x", "e"])
    ),
    st.builds(lambda n: Rule(drop=n), NAMES),
    st.builds(lambda n: Rule(drop=n, only=(1, "text")), NAMES),
    st.builds(lambda n, to: Rule(default=n, to=to), NAMES, st.sampled_from([0, "t", {"x": 1}])),
    st.builds(lambda n, to: Rule(force=n, to=to), NAMES, VALUES),
)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", "z", "stream"]), VALUES, max_size=6
)
TRANSLATIONS = st.builds(
    lambda rules, usage: Translation(rules=tuple(rules), include_usage=usage),
    st.lists(RULES, max_size=5),
    st.sampled_from(IncludeUsage),
)


def sound(translation):
    """Whether a policy could hold these rules."""
    return not list(conflicts(translation.rules, translation))


@given(DOCUMENTS, TRANSLATIONS, st.sampled_from(Leg))
def test_translating_twice_is_translating_once(document, rules, leg):
    assume(sound(rules))
    ask = asking(translation=rules, leg=leg)
    once = translated(json.dumps(document).encode(), ask)
    assert translated(once, ask) == once


@given(DOCUMENTS, TRANSLATIONS)
def test_parameters_that_no_rule_names_stay_as_they_are(document, rules):
    assume(sound(rules))
    after = json.loads(translated(json.dumps(document).encode(), asking(translation=rules)))
    named = {rule.subject.split(".")[0] for rule in rules.rules} | {"stream_options"}
    named |= {str(rule.to) for rule in rules.rules if rule.rename}
    assert {k: v for k, v in after.items() if k not in named} == {
        k: v for k, v in document.items() if k not in named
    }


@given(st.binary(max_size=40), TRANSLATIONS)
def test_bytes_that_are_no_object_stay_as_they_are(body, rules):
    try:
        plain = isinstance(json.loads(body.decode("utf-8-sig")), dict)
    except ValueError:
        plain = False
    assume(not plain)
    assert translated(body, asking(translation=rules)) == body


@given(DOCUMENTS)
def test_without_rules_not_a_byte_changes(document):
    body = json.dumps(document, indent=3).encode()
    assert translated(body, asking()) is body


def test_every_body_has_a_call():
    assert set(BODIES.values()) == set(Body)


def test_a_body_that_names_the_model_already_is_not_looked_into():
    unreadable = b"{"  # to be looked into would be an error
    assert prepared(unreadable, asking(named="own")) is unreadable


def test_a_body_that_names_another_model_gets_the_upstreams():
    assert prepared(b'{"model": "big"}', asking(named="big")) == b'{"model": "own"}'
    assert prepared(b'{"model": "big"}', asking()) == b'{"model": "own"}'


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("server", [None, "litellm", "vllm", "ollama"])
def test_a_body_in_a_file_becomes_what_it_becomes_in_memory(side, server):
    text = {"max_tokens": 5, "model": "big", "stream": True, "messages": ["é" * 700_000]}
    written = json.dumps(text, ensure_ascii=False).encode()
    body = bodies.Body()
    body.add(written)
    to = asking(side=side, translation=preset(server and Preset(server)))
    plain, filed = prepared(written, to), prepared(bodies.Pieces(body), to)
    assert isinstance(filed, bodies.Pieces)

    async def sent():
        return b"".join([piece async for piece in filed()])

    assert asyncio.run(sent()) == plain
    assert filed.length == len(plain)
    bodies.close_other(filed, bodies.Pieces(body))
    body.close()
