"""A bundle is taken whole, is the one that was made, and is no larger than a page holds."""

from __future__ import annotations

import hashlib

import pytest
from fake_exports import BUNDLE

from dashboards.control import Control, Failure, Trouble
from dashboards.taking import take

SHA256 = hashlib.sha256(BUNDLE).hexdigest()


@pytest.fixture
def path(control):
    return f"/v1/exports/{control.exports[1]['id']}/bundle"


def test_what_was_made_arrives_whole(control, path):
    assert take(Control(control.url, "token-cora"), path, SHA256, len(BUNDLE)) == BUNDLE


def test_another_or_a_larger_one_is_refused_with_words(control, path):
    by = Control(control.url, "token-cora")
    other = take(by, path, "0" * 64, len(BUNDLE))
    assert isinstance(other, Failure)
    assert other.trouble is Trouble.BROKEN
    assert "larger than the 9 bytes" in take(by, path, SHA256, 9).sentence


def test_what_the_api_refuses_and_an_api_that_is_gone_are_told(control, path):
    missing = take(Control(control.url, "token-cora"), "/v1/exports/x/bundle", SHA256, 9)
    assert (missing.trouble, missing.sentence[:21]) == (
        Trouble.MISSING,
        "no export has this id",
    )
    assert take(Control(control.url, "nobody"), path, SHA256, 9).trouble is Trouble.TOKEN
    control.stop()
    assert take(Control(control.url, "token-cora"), path, SHA256, 9).trouble is Trouble.DOWN
