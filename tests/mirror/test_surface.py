"""What is mirrored, and what a body asks for: one table, fail closed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.surface import Excluded, dialect_of, read, stateless

CHAT = {"model": "big", "messages": []}


@pytest.mark.parametrize(
    ("method", "path", "is_mirrored", "is_stateless"),
    [
        ("POST", "/v1/chat/completions", True, True),
        ("GET", "/v1/chat/completions", False, False),
        ("POST", "/v1/chat/completions/", False, False),
        ("POST", "/v1/embeddings", False, True),
        ("GET", "/v1/models", False, True),
        ("POST", "/v1/files", False, False),
        ("GET", "/v1/files", False, False),
        ("POST", "/v1/batches", False, False),
        ("POST", "/v1/responses", False, False),
        ("POST", "/v1/something/new", False, False),
    ],
)
def test_the_table(method, path, is_mirrored, is_stateless):
    assert (dialect_of(method, path) is not None) is is_mirrored
    assert stateless(method, path) is is_stateless


@pytest.mark.parametrize(
    ("body", "excluded"),
    [
        (CHAT, None),
        (CHAT | {"n": 3}, None),
        (CHAT | {"store": False}, None),
        (CHAT | {"store": None}, None),
        (CHAT | {"store": True}, Excluded.STORED),
        (CHAT | {"store": 1}, Excluded.STORED),
        (CHAT | {"store": "true"}, Excluded.STORED),
        ({"messages": []}, Excluded.NO_MODEL),
        (CHAT | {"model": 7}, Excluded.NO_MODEL),
        (CHAT | {"model": ""}, Excluded.NO_MODEL),
        (CHAT | {"model": "x" * 201}, Excluded.NO_MODEL),
        ([CHAT], Excluded.NOT_JSON),
        ("text", Excluded.NOT_JSON),
    ],
)
def test_what_may_be_copied(body, excluded):
    assert read(json.dumps(body).encode()).excluded is excluded


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"model": "big"',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_is_excluded(body):
    assert read(body).excluded is Excluded.NOT_JSON


@given(st.binary())
def test_no_body_makes_reading_fail(body):
    reading = read(body)
    assert reading.excluded is not None or reading.model


@pytest.mark.parametrize(
    ("stream", "streaming"), [(True, True), (False, False), (None, False), ("true", False)]
)
def test_only_true_asks_for_a_stream(stream, streaming):
    assert read(json.dumps(CHAT | {"stream": stream}).encode()).streaming is streaming
