"""Paths that every server reads alike."""

import pytest

from mirror.paths import is_safe


@pytest.mark.parametrize(
    ("path", "query", "safe"),
    [
        ("/v1/chat/completions", "", True),
        ("/v1/files/f-1", "limit=2&after=x", True),
        ("/v1//evil.invalid", "", False),
        ("/v1/../admin", "", False),
        ("/v1/@evil.invalid", "", False),
        ("/v1/chat\\completions", "", False),
        ("/v1/chat", "a b", False),
        ("http://evil.invalid/v1/x", "", False),
    ],
)
def test_what_could_be_read_otherwise_is_not_sent(path, query, safe):
    assert is_safe(path, query) is safe
