"""What may be done with a call: one table, fail closed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.conditions import Excluded
from mirror.egress import is_safe
from mirror.surface import TABLE, Use, dialect_of, printed, row_of, shareable


@pytest.mark.parametrize(
    ("method", "path", "use", "dialect"),
    [
        ("POST", "/v1/chat/completions", Use.MIRROR, "chat"),
        ("POST", "/v1/completions", Use.MIRROR, "completions"),
        ("POST", "/v1/responses", Use.MIRROR, "responses"),
        ("POST", "/v1/embeddings", Use.MIRROR, "embeddings"),
        ("POST", "/v1/audio/transcriptions", Use.MIRROR, "transcriptions"),
        ("POST", "/v1/audio/translations", Use.MIRROR, "transcriptions"),
        ("POST", "/rerank", Use.MIRROR, "rerank"),
        ("POST", "/v1/rerank", Use.MIRROR, "rerank"),
        ("POST", "/v2/rerank", Use.MIRROR, "rerank"),
        ("POST", "/score", Use.MIRROR, "score"),
        ("POST", "/v1/score", Use.MIRROR, "score"),
        ("POST", "/v1/audio/speech", Use.PASS, None),
        ("POST", "/v1/moderations", Use.PASS, None),
        ("GET", "/v1/models", Use.PASS, None),
        ("GET", "/v1/models/gpt-4o", Use.PASS, None),
        ("DELETE", "/v1/models/ft:x", Use.STATE, None),
        ("GET", "/v1/chat/completions", Use.STATE, None),
        ("POST", "/v1/chat/completions/", Use.STATE, None),
        ("POST", "/v1/chat/completions/chatcmpl-1", Use.STATE, None),
        ("GET", "/v1/responses/resp_1", Use.STATE, None),
        ("POST", "/v1/responses/resp_1/cancel", Use.STATE, None),
        ("POST", "/v1/conversations", Use.STATE, None),
        ("POST", "/v1/files", Use.STATE, None),
        ("GET", "/v1/files/file-1/content", Use.STATE, None),
        ("POST", "/v1/uploads", Use.STATE, None),
        ("POST", "/v1/batches", Use.STATE, None),
        ("POST", "/v1/threads/t/runs", Use.STATE, None),
        ("POST", "/v1/assistants", Use.STATE, None),
        ("POST", "/v1/vector_stores/v/search", Use.STATE, None),
        ("POST", "/v1/fine_tuning/jobs", Use.STATE, None),
        ("POST", "/v1/containers", Use.STATE, None),
        ("POST", "/v1/evals", Use.STATE, None),
        ("POST", "/v1/something/new", Use.UNKNOWN, None),
        ("POST", "/v1/filesystem", Use.UNKNOWN, None),
        ("post", "/v1/embeddings", Use.UNKNOWN, None),
        ("GET", "/v1/embeddings", Use.UNKNOWN, None),
    ],
)
def test_the_table(method, path, use, dialect):
    assert row_of(method, path).use is use
    assert getattr(dialect_of(method, path), "name", None) == dialect


@given(st.sampled_from(["GET", "POST", "DELETE", "PUT"]), st.text(max_size=40))
def test_a_call_of_no_row_is_never_copied_and_never_shares_a_key(method, path):
    row = row_of(method, f"/v1/{path}")
    if row not in TABLE:
        assert (row.use, row.dialect) == (Use.UNKNOWN, None)
        assert not shareable(row, None)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_every_row_can_be_reached_and_is_whole(row):
    method = "PATCH" if row.method == "*" else row.method
    assert row_of(method, f"{row.path}/x" if row.below else row.path) is row
    assert (row.dialect is not None) is (row.use is Use.MIRROR)
    assert is_safe(row.path, "")


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.use is Use.MIRROR], ids=lambda row: row.path
)
def test_conditions_of_anothers_state_stand_first(row):
    codes = [each.code for each in row.conditions]
    refers = [at for at, code in enumerate(codes) if code is Excluded.REFERS]
    assert refers == list(range(len(refers)))


@pytest.mark.parametrize(
    ("method", "path", "excluded", "shares"),
    [
        ("POST", "/v1/chat/completions", None, True),
        ("POST", "/v1/chat/completions", Excluded.STORED, True),
        ("POST", "/v1/chat/completions", Excluded.REFERS, False),
        ("POST", "/v1/chat/completions", Excluded.NOT_JSON, False),
        ("POST", "/v1/audio/transcriptions", Excluded.NOT_FORM, False),
        ("GET", "/v1/models", None, True),
        ("GET", "/v1/files", None, False),
        ("POST", "/v1/new", None, False),
    ],
)
def test_what_may_pass_with_a_key_that_tenants_share(method, path, excluded, shares):
    assert shareable(row_of(method, path), excluded) is shares


def test_the_page_shows_the_table():
    page = Path(__file__).parents[2] / "docs" / "surface.md"
    assert printed() in page.read_text(), "write mirror.surface.printed() into docs/surface.md"
